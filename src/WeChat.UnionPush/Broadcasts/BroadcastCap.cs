namespace WeChat.UnionPush.Broadcasts;

/// <summary>How many broadcasts one person gets in a period. Counted when a broadcast is planned, over the broadcasts whose recipients were not pruned.</summary>
/// <param name="Messages">How many, this one included.</param>
/// <param name="Period">In which time before the start.</param>
public readonly record struct BroadcastCap(int Messages, TimeSpan Period);
