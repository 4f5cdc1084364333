namespace WeChat.UnionPush;

/// <summary>The library's own token source of a registration, once it is in use: alone, or behind one that the host put around it.</summary>
internal sealed class BuiltInTokens
{
    public CachingAccessTokenProvider? InUse { get; set; }
}
