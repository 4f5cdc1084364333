namespace WeChat.UnionPush.Storage;

/// <summary>Slots that were taken: the first one at <see cref="From"/>, and each later one <see cref="Interval"/> behind the one before.</summary>
/// <param name="Count">How many slots.</param>
/// <param name="From">When the first one is; it may lie a second back.</param>
/// <param name="Interval">From one to the next.</param>
/// <param name="UsedToday">Calls of the account's day, these included.</param>
public sealed record PaceGrant(int Count, DateTimeOffset From, TimeSpan Interval, long UsedToday);
