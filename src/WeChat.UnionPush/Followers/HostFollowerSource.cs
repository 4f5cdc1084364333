using System.Runtime.CompilerServices;

namespace WeChat.UnionPush;

/// <summary>Walks over an <see cref="IFollowerSource"/> of the host's own.</summary>
internal sealed class HostFollowerSource(IFollowerSource source, TimeProvider time) : IFollowerWalkSource
{
    private long _calls;

    public long DetailCalls => Interlocked.Read(ref _calls);

    public async Task<FollowerPage> GetPageAsync(string nextOpenId, CancellationToken cancellationToken)
    {
        await foreach (var page in source.GetPagesAsync(nextOpenId, cancellationToken).ConfigureAwait(false))
        {
            return page;
        }

        return new FollowerPage([], "", 0);
    }

    public async IAsyncEnumerable<FollowerBatch> GetBatchesAsync(IReadOnlyCollection<string> openIds, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var batch in openIds.Chunk(FollowerSource.BatchSize))
        {
            Interlocked.Increment(ref _calls);
            var askedAt = time.GetUtcNow();
            var unanswered = new HashSet<string>(batch, StringComparer.Ordinal);
            var followers = new List<FollowerWire>(batch.Length);
            await foreach (var follower in source.GetFollowersAsync(batch, cancellationToken).ConfigureAwait(false))
            {
                if (unanswered.Remove(follower.OpenId))
                {
                    followers.Add(FollowerWire.From(follower));
                }
            }

            yield return new(batch, followers, askedAt);
        }
    }
}
