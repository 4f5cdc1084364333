namespace WeChat.UnionPush.Broadcasts;

/// <summary>Calls of the account's day, as the platform tells them.</summary>
internal readonly record struct DailyQuota(long Limit, long Used);
