namespace WeChat.UnionPush.Testing;

/// <summary>The relation of one person to one Official Account at one moment.</summary>
internal readonly record struct FollowerDetails(bool Following, long Since, string Scene, string? QrScene, bool Refuses, bool Blacklisted);
