using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Broadcasts in two tables: a row for each broadcast, and a row for each batch of its recipients.</summary>
internal sealed class EfBroadcastJournal(EfDatabase database, TimeProvider timeProvider) : IBroadcastJournal
{
    private const int PageSize = 50;
    private const int DeleteSize = 500;
    private const int Running = (int)BroadcastState.Running;

    private static readonly long Complete = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly EfLeases _leases = new(database, timeProvider, "broadcast:");

    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    public ValueTask<bool> TryAddAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                if (await Named(context, broadcast.AppId, broadcast.Name).AnyAsync(cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                // Of two who insert it at once, one fails and finds it in the next attempt.
                context.Add(BroadcastRow.Of(broadcast));
                await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    public ValueTask<bool> TryUpdateAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        var next = BroadcastRow.Of(broadcast);
        return database.WriteAsync(
            async (context, cancellationToken) => await Named(context, next.AppId, next.Name).Where(row => row.Revision == next.Revision).ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.Id, next.Id)
                    .SetProperty(static row => row.State, next.State)
                    .SetProperty(static row => row.Reason, next.Reason)
                    .SetProperty(static row => row.Recipients, next.Recipients)
                    .SetProperty(static row => row.Content, next.Content)
                    .SetProperty(static row => row.CreatedAt, next.CreatedAt)
                    .SetProperty(static row => row.StartedAt, next.StartedAt)
                    .SetProperty(static row => row.EndedAt, next.EndedAt)
                    .SetProperty(static row => row.WaitsUntil, next.WaitsUntil)
                    .SetProperty(static row => row.Report, next.Report)
                    .SetProperty(static row => row.Revision, static row => row.Revision + 1),
                cancellationToken).ConfigureAwait(false) > 0,
            cancellationToken);
    }

    public async ValueTask<BroadcastRecord?> FindAsync(string appId, string name, CancellationToken cancellationToken = default)
    {
        if (!StorableText.Fits(appId) || !StorableText.Fits(name))
        {
            return null;
        }

        var found = await database.ReadAsync(
            (context, cancellationToken) => Named(context, appId, name).AsNoTracking().FirstOrDefaultAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        return found?.ToRecord();
    }

    public async ValueTask<IReadOnlyList<BroadcastRecord>> ListAsync(string appId, bool onlyRunning, CancellationToken cancellationToken = default)
    {
        var rows = await database.ReadAsync(
            (context, cancellationToken) =>
            {
                var all = context.Set<BroadcastRow>().AsNoTracking().Where(row => row.AppId == appId);
                return (onlyRunning ? all.Where(static row => row.State == Running) : all)
                    .OrderBy(static row => row.CreatedAt).ThenBy(static row => row.Name).ToListAsync(cancellationToken);
            },
            cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(static row => row.ToRecord());
    }

    public ValueTask<ILease?> TryLeaseAsync(string appId, string name, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync($"{appId}/{name}", duration, cancellationToken);

    public async ValueTask AddBatchesAsync(IReadOnlyCollection<BroadcastBatch> batches, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                foreach (var chunk in batches.Chunk(PageSize))
                {
                    context.AddRange(chunk.Select(BroadcastBatchRow.Of));
                    await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<BroadcastBatch?> TryClaimAsync(string broadcastId, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var now = Now;
        var until = (timeProvider.GetUtcNow() + duration).ToUnixTimeMilliseconds();
        var claimId = Guid.NewGuid().ToString("N");
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var batches = Batches(context, broadcastId);
                while (true)
                {
                    var free = await batches.AsNoTracking().Where(row => row.AvailableAt <= now)
                        .OrderBy(static row => row.AvailableAt).ThenBy(static row => row.Number).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);
                    if (free is null)
                    {
                        return null;
                    }

                    // Somebody else may have claimed it since it was read.
                    if (await batches.Where(row => row.Number == free.Number && row.AvailableAt == free.AvailableAt && row.AvailableAt <= now).ExecuteUpdateAsync(
                        set => set.SetProperty(static row => row.ClaimId, claimId).SetProperty(static row => row.AvailableAt, until), cancellationToken).ConfigureAwait(false) > 0)
                    {
                        return free.ToBatch() with { ClaimId = claimId, AvailableAt = DateTimeOffset.FromUnixTimeMilliseconds(until) };
                    }
                }
            },
            cancellationToken);
    }

    public ValueTask<bool> SaveAsync(BroadcastBatch batch, bool release, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return WriteAsync(batch, release ? null : batch.ClaimId, rows => rows.Where(row => row.ClaimId == batch.ClaimId && row.ClaimId != null), cancellationToken);
    }

    public ValueTask<bool> TryReopenAsync(BroadcastBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return WriteAsync(batch, claimId: null, static rows => rows.Where(static row => row.ClaimId == null && row.AvailableAt == Complete), cancellationToken);
    }

    public ValueTask<BroadcastProgress> CountAsync(string broadcastId, DateTimeOffset recentSince, CancellationToken cancellationToken = default)
    {
        var now = Now;
        var since = recentSince.ToUnixTimeMilliseconds();
        return database.ReadAsync(
            async (context, cancellationToken) =>
            {
                var sums = await Sums(context, broadcastId, now, since).ToListAsync(cancellationToken).ConfigureAwait(false);
                return sums is not [var sum] ? new BroadcastProgress(0, new()) : new BroadcastProgress(
                    sum.Size,
                    new()
                    {
                        Sent = sum.Sent,
                        NotSignedIn = sum.NotSignedIn,
                        NotLinked = sum.NotLinked,
                        NotFollowing = sum.NotFollowing,
                        Refused = sum.Refused,
                        TooFrequent = sum.TooFrequent,
                        Duplicate = sum.Duplicate,
                        Unknown = sum.Unknown,
                        Failed = sum.Failed,
                        SentBySubscribeMessage = sum.SentBySubscribe,
                        SentBySubscribeNotice = sum.SentByNotice,
                        SentByCustomerService = sum.SentByService,
                        SentByFallback = sum.SentByFallback,
                    })
                {
                    OpenBatches = sum.Open,
                    ClaimedBatches = sum.Claimed,
                    Recent = sum.Recent,
                };
            },
            cancellationToken);
    }

    public async IAsyncEnumerable<BroadcastBatch> ListBatchesAsync(string broadcastId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var last = -1;
        List<BroadcastBatchRow> page;
        do
        {
            var after = last;
            page = await database.ReadAsync(
                (context, cancellationToken) => Batches(context, broadcastId).AsNoTracking().Where(row => row.Number > after)
                    .OrderBy(static row => row.Number).Take(PageSize).ToListAsync(cancellationToken),
                cancellationToken).ConfigureAwait(false);
            foreach (var row in page)
            {
                yield return row.ToBatch();
                last = row.Number;
            }
        }
        while (page.Count == PageSize);
    }

    public async ValueTask DeleteBatchesAsync(string broadcastId, CancellationToken cancellationToken = default)
    {
        // In pieces, so that no call holds the store for long.
        var last = await database.ReadAsync(
            (context, cancellationToken) => Batches(context, broadcastId).MaxAsync(static row => (int?)row.Number, cancellationToken),
            cancellationToken).ConfigureAwait(false) ?? -1;
        for (var before = DeleteSize; before - DeleteSize <= last; before += DeleteSize)
        {
            var end = before;
            await database.WriteAsync(
                (context, cancellationToken) => Batches(context, broadcastId).Where(row => row.Number < end).ExecuteDeleteAsync(cancellationToken),
                cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var gone = ids.ToHashSet(StringComparer.Ordinal);
        foreach (var id in gone.Where(static id => id.Length > 0 && StorableText.Fits(id)))
        {
            await database.WriteAsync(
                async (context, cancellationToken) =>
                {
                    // Nobody else changes recipients meanwhile.
                    await EfDatabase.LockAsync(context, GateRow.Recipients, cancellationToken).ConfigureAwait(false);
                    var named = await NamedIn(context, appId, id).ToListAsync(cancellationToken).ConfigureAwait(false);
                    foreach (var batch in named)
                    {
                        var recipients = BroadcastRow.Known(RecipientLines.Without(batch.Recipients ?? "", gone));
                        await Batches(context, batch.BroadcastId).Where(row => row.Number == batch.Number).ExecuteUpdateAsync(
                            set => set.SetProperty(static row => row.Recipients, recipients), cancellationToken).ConfigureAwait(false);
                    }

                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The batches of an account that name a person, and perhaps more.</summary>
    internal static IQueryable<BroadcastBatchRow> NamedIn(DbContext context, string appId, string id) =>
        from batch in context.Set<BroadcastBatchRow>().AsNoTracking()
        join broadcast in context.Set<BroadcastRow>() on batch.BroadcastId equals broadcast.Id
        where broadcast.AppId == appId && batch.Recipients!.Contains(id)
        select batch;

    internal static IQueryable<SumRow> Sums(DbContext context, string broadcastId, long now, long since) =>
        Batches(context, broadcastId).GroupBy(static row => row.BroadcastId).Select(group => new SumRow
        {
            Size = group.Sum(static row => (long)row.Size),
            Sent = group.Sum(static row => row.Sent),
            NotSignedIn = group.Sum(static row => row.NotSignedIn),
            NotLinked = group.Sum(static row => row.NotLinked),
            NotFollowing = group.Sum(static row => row.NotFollowing),
            Refused = group.Sum(static row => row.Refused),
            TooFrequent = group.Sum(static row => row.TooFrequent),
            Duplicate = group.Sum(static row => row.Duplicate),
            Unknown = group.Sum(static row => row.UnknownOutcome),
            Failed = group.Sum(static row => row.Failed),
            SentBySubscribe = group.Sum(static row => row.SentBySubscribe),
            SentByNotice = group.Sum(static row => row.SentByNotice),
            SentByService = group.Sum(static row => row.SentByService),
            SentByFallback = group.Sum(static row => row.SentByFallback),
            Open = group.Sum(static row => row.AvailableAt < Complete ? 1 : 0),
            Claimed = group.Sum(row => row.ClaimId != null && row.AvailableAt > now ? 1 : 0),
            Recent = group.Sum(row => row.SavedAt >= since
                ? row.Sent + row.NotSignedIn + row.NotLinked + row.NotFollowing + row.Refused + row.TooFrequent + row.Duplicate + row.UnknownOutcome + row.Failed : 0),
        });

    private static IQueryable<BroadcastRow> Named(DbContext context, string appId, string name) =>
        context.Set<BroadcastRow>().Where(row => row.AppId == appId && row.Name == name);

    private static IQueryable<BroadcastBatchRow> Batches(DbContext context, string broadcastId) => context.Set<BroadcastBatchRow>().Where(row => row.BroadcastId == broadcastId);

    private ValueTask<bool> WriteAsync(
        BroadcastBatch batch, string? claimId, Func<IQueryable<BroadcastBatchRow>, IQueryable<BroadcastBatchRow>> where, CancellationToken cancellationToken)
    {
        var next = BroadcastBatchRow.Of(batch);
        return database.WriteAsync(
            async (context, cancellationToken) => await where(Batches(context, next.BroadcastId).Where(row => row.Number == next.Number)).ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.ClaimId, claimId)
                    .SetProperty(static row => row.AvailableAt, next.AvailableAt)
                    .SetProperty(static row => row.SavedAt, next.SavedAt)
                    .SetProperty(static row => row.Outcomes, next.Outcomes)
                    .SetProperty(static row => row.Sent, next.Sent)
                    .SetProperty(static row => row.NotSignedIn, next.NotSignedIn)
                    .SetProperty(static row => row.NotLinked, next.NotLinked)
                    .SetProperty(static row => row.NotFollowing, next.NotFollowing)
                    .SetProperty(static row => row.Refused, next.Refused)
                    .SetProperty(static row => row.TooFrequent, next.TooFrequent)
                    .SetProperty(static row => row.Duplicate, next.Duplicate)
                    .SetProperty(static row => row.UnknownOutcome, next.UnknownOutcome)
                    .SetProperty(static row => row.Failed, next.Failed)
                    .SetProperty(static row => row.SentBySubscribe, next.SentBySubscribe)
                    .SetProperty(static row => row.SentByNotice, next.SentByNotice)
                    .SetProperty(static row => row.SentByService, next.SentByService)
                    .SetProperty(static row => row.SentByFallback, next.SentByFallback),
                cancellationToken).ConfigureAwait(false) > 0,
            cancellationToken);
    }

    /// <summary>What one statement counts.</summary>
    internal sealed class SumRow
    {
        public long Size { get; init; }

        public long Sent { get; init; }

        public long NotSignedIn { get; init; }

        public long NotLinked { get; init; }

        public long NotFollowing { get; init; }

        public long Refused { get; init; }

        public long TooFrequent { get; init; }

        public long Duplicate { get; init; }

        public long Unknown { get; init; }

        public long Failed { get; init; }

        public long SentBySubscribe { get; init; }

        public long SentByNotice { get; init; }

        public long SentByService { get; init; }

        public long SentByFallback { get; init; }

        public int Open { get; init; }

        public int Claimed { get; init; }

        public long Recent { get; init; }
    }
}
