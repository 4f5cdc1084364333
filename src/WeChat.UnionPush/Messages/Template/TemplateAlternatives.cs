namespace WeChat.UnionPush;

/// <summary>What is sent in place of a template message that cannot arrive.</summary>
internal sealed record TemplateAlternatives
{
    public SubscribeMessage? Subscribe { get; init; }

    public SubscribeMessage? Notice { get; init; }

    public string? CustomerServiceText { get; init; }
}
