namespace WeChat.UnionPush.Broadcasts;

/// <summary>What planning came to.</summary>
/// <param name="Recipients">How many recipients there are.</param>
/// <param name="Unreachable">Those of them who will not be sent to.</param>
/// <param name="OnOtherChannels">Those whom the template message cannot reach, and for whom further channels are tried.</param>
/// <param name="HasManyTemplates">Whether the messages of those who will be sent to are of more than one template.</param>
internal readonly record struct BroadcastPlan(long Recipients, BroadcastCounts Unreachable, long OnOtherChannels, bool HasManyTemplates)
{
    /// <summary>Those whom the template message can reach.</summary>
    public long Reachable => Recipients - Unreachable.Settled - OnOtherChannels;
}
