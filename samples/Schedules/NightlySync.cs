using WeChat.UnionPush;

namespace SchedulesSample;

/// <summary>
/// Syncs the followers. Where two machines begin at once, the store's lease lets one of them do it; a sync that broke off is gone on with by the next one.
/// </summary>
internal sealed class NightlySync(IUnionPush push)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var result = await push.SyncFollowersAsync(cancellationToken: cancellationToken);
        Console.WriteLine($"Followers: {result.Outcome}, {result.Listed} listed.");
    }
}
