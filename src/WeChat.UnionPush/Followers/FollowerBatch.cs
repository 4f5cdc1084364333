namespace WeChat.UnionPush;

/// <summary>Followers who were asked about together, and what the platform told of them.</summary>
/// <param name="OpenIds">Who was asked about.</param>
/// <param name="Followers">Those who were answered, each one of <paramref name="OpenIds"/> and once.</param>
/// <param name="AskedAt">When the platform was asked.</param>
internal readonly record struct FollowerBatch(string[] OpenIds, List<FollowerWire> Followers, DateTimeOffset AskedAt);
