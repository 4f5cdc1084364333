namespace WeChat.UnionPush.Broadcasts;

/// <summary>One person of an audience.</summary>
/// <param name="Id">Openid in the Mini Program or UnionID, as the audience says.</param>
/// <param name="Message">What this person receives; <see langword="null"/> for what everybody does. It is kept until the broadcast is pruned, so that it counts
/// on disk.</param>
public sealed record BroadcastRecipient(string Id, TemplateMessage? Message = null);
