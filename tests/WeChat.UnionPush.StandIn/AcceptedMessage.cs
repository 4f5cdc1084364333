namespace WeChat.UnionPush.StandIn;

/// <summary>A template message as it arrived; one for each <c>client_msg_id</c>, however often it was sent.</summary>
public sealed record AcceptedMessage(long Id, string ToUser, string TemplateId, string ClientMessageId)
{
    public string? Url { get; init; }

    public string? MiniProgramAppId { get; init; }

    public string? PagePath { get; init; }

    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>How many requests brought it.</summary>
    public int Requests { get; internal set; }

    internal byte[] Body { get; init; } = [];
}
