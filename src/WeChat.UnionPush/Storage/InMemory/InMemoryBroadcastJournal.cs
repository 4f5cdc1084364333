using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Storage;

/// <summary>Broadcasts that live as long as the process.</summary>
internal sealed class InMemoryBroadcastJournal(TimeProvider timeProvider) : IBroadcastJournal
{
    private readonly object _gate = new();
    private readonly Dictionary<(string AppId, string Name), BroadcastRecord> _broadcasts = [];
    private readonly Dictionary<string, SortedDictionary<int, BroadcastBatch>> _batches = new(StringComparer.Ordinal);
    private readonly InMemoryLeases _leases = new(timeProvider);

    private DateTimeOffset Now => Millisecond.Cut(timeProvider.GetUtcNow());

    public ValueTask<bool> TryAddAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(_broadcasts.TryAdd((broadcast.AppId, broadcast.Name), broadcast));
        }
    }

    public ValueTask<bool> TryUpdateAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_broadcasts.GetValueOrDefault((broadcast.AppId, broadcast.Name))?.Revision != broadcast.Revision)
            {
                return new(false);
            }

            _broadcasts[(broadcast.AppId, broadcast.Name)] = broadcast with { Revision = broadcast.Revision + 1 };
            return new(true);
        }
    }

    public ValueTask<BroadcastRecord?> FindAsync(string appId, string name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(_broadcasts.GetValueOrDefault((appId, name)));
        }
    }

    public ValueTask<IReadOnlyList<BroadcastRecord>> ListAsync(string appId, bool onlyRunning, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new([.. _broadcasts.Values
                .Where(one => string.Equals(one.AppId, appId, StringComparison.Ordinal) && (!onlyRunning || one.State == BroadcastState.Running))
                .OrderBy(static one => one.CreatedAt).ThenBy(static one => one.Name, StringComparer.Ordinal)]);
        }
    }

    public ValueTask<ILease?> TryLeaseAsync(string appId, string name, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_leases.TryTake($"{appId}/{name}", duration));
    }

    public ValueTask AddBatchesAsync(IReadOnlyCollection<BroadcastBatch> batches, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            foreach (var batch in batches)
            {
                if (!_batches.TryGetValue(batch.BroadcastId, out var ofBroadcast))
                {
                    _batches.Add(batch.BroadcastId, ofBroadcast = []);
                }

                ofBroadcast.Add(batch.Number, batch with { ClaimId = null });
            }
        }

        return default;
    }

    public ValueTask<BroadcastBatch?> TryClaimAsync(string broadcastId, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = Now;
            var first = Of(broadcastId).Values.Where(batch => batch.AvailableAt <= now).MinBy(static batch => (batch.AvailableAt, batch.Number));
            return new(first is null ? null : _batches[broadcastId][first.Number] = first with { ClaimId = Guid.NewGuid().ToString("N"), AvailableAt = now + duration });
        }
    }

    public ValueTask<bool> SaveAsync(BroadcastBatch batch, bool release, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Write(batch, stored => batch.ClaimId is not null && string.Equals(stored.ClaimId, batch.ClaimId, StringComparison.Ordinal), release ? null : batch.ClaimId));
    }

    public ValueTask<bool> TryReopenAsync(BroadcastBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Write(batch, static stored => stored.ClaimId is null && stored.AvailableAt == BroadcastBatch.Never, claimId: null));
    }

    public ValueTask<BroadcastProgress> CountAsync(string broadcastId, DateTimeOffset recentSince, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = Now;
            var batches = Of(broadcastId).Values;
            return new(new BroadcastProgress(batches.Sum(static batch => (long)batch.Size), batches.Aggregate(new BroadcastCounts(), static (sum, batch) => sum.Plus(batch.Counts)))
            {
                OpenBatches = batches.Count(batch => batch.AvailableAt < BroadcastBatch.Never),
                ClaimedBatches = batches.Count(batch => batch.ClaimId is not null && batch.AvailableAt > now),
                Recent = batches.Where(batch => batch.SavedAt >= recentSince).Sum(static batch => batch.Counts.Settled),
            });
        }
    }

    public async IAsyncEnumerable<BroadcastBatch> ListBatchesAsync(string broadcastId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        BroadcastBatch[] batches;
        lock (_gate)
        {
            batches = [.. Of(broadcastId).Values];
        }

        foreach (var batch in batches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return batch;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    public ValueTask DeleteBatchesAsync(string broadcastId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            _batches.Remove(broadcastId);
        }

        return default;
    }

    public ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        cancellationToken.ThrowIfCancellationRequested();
        var gone = ids.ToHashSet(StringComparer.Ordinal);
        lock (_gate)
        {
            foreach (var broadcast in _broadcasts.Values.Where(one => string.Equals(one.AppId, appId, StringComparison.Ordinal)))
            {
                foreach (var batch in Of(broadcast.Id).Values.ToArray())
                {
                    _batches[batch.BroadcastId][batch.Number] = batch with { Recipients = RecipientLines.Without(batch.Recipients, gone) };
                }
            }
        }

        return default;
    }

    private SortedDictionary<int, BroadcastBatch> Of(string broadcastId) => _batches.GetValueOrDefault(broadcastId) ?? [];

    private bool Write(BroadcastBatch batch, Func<BroadcastBatch, bool> isMine, string? claimId)
    {
        lock (_gate)
        {
            if (Of(batch.BroadcastId).GetValueOrDefault(batch.Number) is not { } stored || !isMine(stored))
            {
                return false;
            }

            _batches[batch.BroadcastId][batch.Number] = stored with
            { Outcomes = batch.Outcomes, Counts = batch.Counts, AvailableAt = batch.AvailableAt, SavedAt = batch.SavedAt, ClaimId = claimId };
            return true;
        }
    }
}
