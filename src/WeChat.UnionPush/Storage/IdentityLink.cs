namespace WeChat.UnionPush.Storage;

/// <summary>One openid resolved to another app.</summary>
/// <param name="Source">The identity that was asked for.</param>
/// <param name="Target">The same person in the other app, or <see langword="null"/> when no UnionID joins them.</param>
public sealed record IdentityLink(WeChatIdentity Source, WeChatIdentity? Target);
