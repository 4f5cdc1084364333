namespace WeChat.UnionPush.Testing;

/// <summary>How one person stands to one Official Account at a moment.</summary>
internal readonly record struct FollowerDetails(bool Following, long Since, string Scene, string? QrScene, bool Refuses, bool Blacklisted);
