namespace WeChat.UnionPush.Generators;

/// <summary>What the generator needs to know about a template.</summary>
internal sealed class Template(string id, string title, string content, bool isSubscription = false)
{
    public string Id { get; } = id;

    public string Title { get; } = title;

    public string Content { get; } = content;

    /// <summary>Whether it is one of a Mini Program's subscribe messages.</summary>
    public bool IsSubscription { get; } = isSubscription;
}
