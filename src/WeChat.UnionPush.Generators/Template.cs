namespace WeChat.UnionPush.Generators;

/// <summary>What the generator needs to know of a template.</summary>
internal sealed class Template(string id, string title, string content)
{
    public string Id { get; } = id;

    public string Title { get; } = title;

    public string Content { get; } = content;
}
