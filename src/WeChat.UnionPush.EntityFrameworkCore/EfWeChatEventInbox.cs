using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>
/// Events in one table. One take at a time over all machines: two at once would each see that a sender is not out yet, and give its events to two. The lease
/// that is written tells what was taken.
/// </summary>
internal sealed class EfWeChatEventInbox(EfDatabase database, TimeProvider timeProvider) : IWeChatEventInbox
{
    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    public ValueTask<bool> TryAddAsync(IReadOnlyCollection<WeChatCallback> callbacks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(callbacks);
        WeChatCallback[] batch =
        [
            .. callbacks
                .DistinctBy(static one => (one.AppId, one.DeduplicationKey))
                .OrderBy(static one => one.AppId, StringComparer.Ordinal)
                .ThenBy(static one => one.DeduplicationKey, StringComparer.Ordinal),
        ];
        var now = Now;
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                foreach (var app in batch.GroupBy(static one => one.AppId, StringComparer.Ordinal))
                {
                    foreach (var chunk in app.Chunk(EfDatabase.ListSize))
                    {
                        await AddAsync(context, app.Key, chunk, now, cancellationToken).ConfigureAwait(false);
                    }
                }

                return true;
            },
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<TakenWeChatEvent>> TakeAsync(
        IReadOnlyCollection<string> appIds, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(appIds);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        string[] apps = [.. appIds.Distinct(StringComparer.Ordinal).Where(static appId => StorableText.Fits(appId))];
        var now = Now;
        var until = now + (long)Math.Ceiling(leaseDuration.TotalMilliseconds);
        return apps.Length == 0 ? [] : await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                await EfDatabase.LockAsync(context, GateRow.Inbox, cancellationToken).ConfigureAwait(false);
                return await TakeAsync(context, apps, limit, now, until, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask CompleteAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default)
    {
        var now = Now;
        return SettleAsync(
            events,
            static _ => null,
            (held, _, cancellationToken) => held.ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.LeaseId, (string?)null)
                    .SetProperty(static row => row.SettledAt, now)
                    .SetProperty(static row => row.Body, (byte[]?)null)
                    .SetProperty(static row => row.Progress, (string?)null),
                cancellationToken),
            cancellationToken);
    }

    public ValueTask ReturnAsync(IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset availableAt, CancellationToken cancellationToken = default)
    {
        var time = availableAt.ToUnixTimeMilliseconds();
        return SettleAsync(
            events,
            static taken => taken.Progress,
            (held, progress, cancellationToken) => held.ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.LeaseId, (string?)null)
                    .SetProperty(static row => row.AvailableAt, time)
                    .SetProperty(static row => row.Progress, progress),
                cancellationToken),
            cancellationToken);
    }

    public ValueTask BuryAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default)
    {
        var now = Now;
        return SettleAsync(
            events,
            static taken => taken.Progress,
            (held, progress, cancellationToken) => held.ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.LeaseId, (string?)null)
                    .SetProperty(static row => row.SettledAt, now)
                    .SetProperty(static row => row.BuriedAt, now)
                    .SetProperty(static row => row.Progress, progress),
                cancellationToken),
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<BuriedWeChatEvent>> ListBuriedAsync(
        string appId, int limit, BuriedWeChatEvent? after = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var rows = await database.ReadAsync(
            (context, cancellationToken) => Buried(context, appId, limit, after).ToListAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(static row => new BuriedWeChatEvent(
            row.AppId, row.DeduplicationKey, row.OpenId, Text(row.Body), row.Attempt, DateTimeOffset.FromUnixTimeMilliseconds(row.BuriedAt!.Value)));
    }

    public ValueTask<int> RequeueAsync(string appId, IReadOnlyCollection<string> deduplicationKeys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(deduplicationKeys);
        var now = Now;
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var requeued = 0;
                foreach (IEnumerable<string> keys in deduplicationKeys.Where(static key => StorableText.Fits(key)).Distinct(StringComparer.Ordinal).Chunk(EfDatabase.ListSize))
                {
                    requeued += await Named(context, appId, keys).Where(static row => row.BuriedAt != null).ExecuteUpdateAsync(
                        set => set
                            .SetProperty(static row => row.SettledAt, (long?)null)
                            .SetProperty(static row => row.BuriedAt, (long?)null)
                            .SetProperty(static row => row.Attempt, 0)
                            .SetProperty(static row => row.AvailableAt, now),
                        cancellationToken).ConfigureAwait(false);
                }

                return requeued;
            },
            cancellationToken);
    }

    public ValueTask<int> ExpireAsync(DateTimeOffset settledBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var before = settledBefore.ToUnixTimeMilliseconds();
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var old = context.Set<EventRow>().Where(row => row.SettledAt < before);
                var deleted = 0;
                var settled = await old.OrderBy(static row => row.SettledAt).Take(limit).Select(static row => row.Id).ToListAsync(cancellationToken).ConfigureAwait(false);
                foreach (IEnumerable<long> ids in settled.Chunk(EfDatabase.ListSize))
                {
                    deleted += await old.Where(row => ids.Contains(row.Id)).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
                }

                return deleted;
            },
            cancellationToken);
    }

    /// <summary>Finds what may be taken.</summary>
    internal static IQueryable<EventRow> Waiting(DbContext context, IEnumerable<string> appIds, int limit, long now) => context.Set<EventRow>().AsNoTracking()
        .Where(row => row.SettledAt == null && row.AvailableAt <= now && appIds.Contains(row.AppId)
            && !context.Set<EventRow>().Any(other => other.AppId == row.AppId && other.OpenId == row.OpenId && other.LeaseId != null && other.AvailableAt > now))
        .OrderBy(static row => row.AvailableAt).ThenBy(static row => row.Id)
        .Take(limit);

    [SuppressMessage("Globalization", "CA1309:Use ordinal string comparison", Justification = "The database compares, by the column's collation.")]
    internal static IQueryable<EventRow> Buried(DbContext context, string appId, int limit, BuriedWeChatEvent? after)
    {
        var rows = context.Set<EventRow>().AsNoTracking().Where(row => row.AppId == appId && row.BuriedAt != null);
        if (after is not null)
        {
            var (time, key) = (after.BuriedAt.ToUnixTimeMilliseconds(), after.DeduplicationKey);
            rows = rows.Where(row => row.BuriedAt < time || (row.BuriedAt == time && string.Compare(row.DeduplicationKey, key) < 0));
        }

        return rows.OrderByDescending(static row => row.BuriedAt).ThenByDescending(static row => row.DeduplicationKey).Take(limit);
    }

    private static IQueryable<EventRow> Named(DbContext context, string appId, IEnumerable<string> keys) =>
        context.Set<EventRow>().Where(row => row.AppId == appId && keys.Contains(row.DeduplicationKey));

    private static string Text(byte[]? body) => body is null ? "" : Encoding.UTF8.GetString(body);

    private static async Task AddAsync(DbContext context, string appId, WeChatCallback[] chunk, long now, CancellationToken cancellationToken)
    {
        var known = await Named(context, appId, chunk.Select(static one => one.DeduplicationKey).ToArray())
            .Select(static row => row.DeduplicationKey).ToListAsync(cancellationToken).ConfigureAwait(false);
        context.AddRange(chunk.ExceptBy(known, static one => one.DeduplicationKey, StringComparer.Ordinal).Select(one => new EventRow
        {
            AppId = one.AppId,
            DeduplicationKey = one.DeduplicationKey,
            OpenId = one.OpenId,
            Body = Encoding.UTF8.GetBytes(one.Body),
            AvailableAt = now,
        }));

        // What somebody else adds meanwhile makes this fail, and is known in the next attempt.
        await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<TakenWeChatEvent>> TakeAsync(
        DbContext context, string[] apps, int limit, long now, long until, CancellationToken cancellationToken)
    {
        var leaseId = Guid.NewGuid().ToString("N");
        var waiting = await Waiting(context, apps, limit, now).ToListAsync(cancellationToken).ConfigureAwait(false);
        var taken = new List<TakenWeChatEvent>(waiting.Count);
        foreach (var chunk in waiting.Chunk(EfDatabase.ListSize))
        {
            // A settlement that came late may have come in between: the rows were not locked.
            IEnumerable<long> ids = chunk.Select(static row => row.Id).ToArray();
            var events = context.Set<EventRow>();
            var mine = await events.Where(row => ids.Contains(row.Id) && row.SettledAt == null && row.AvailableAt <= now).ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.Attempt, static row => row.Attempt + 1)
                    .SetProperty(static row => row.AvailableAt, until)
                    .SetProperty(static row => row.LeaseId, leaseId),
                cancellationToken).ConfigureAwait(false);
            var held = mine == chunk.Length ? [.. ids]
                : (await events.Where(row => ids.Contains(row.Id) && row.LeaseId == leaseId).Select(static row => row.Id)
                    .ToListAsync(cancellationToken).ConfigureAwait(false)).ToHashSet();
            taken.AddRange(chunk.Where(row => held.Contains(row.Id))
                .Select(row => new TakenWeChatEvent(row.AppId, row.DeduplicationKey, Text(row.Body), row.Attempt + 1, leaseId) { Progress = row.Progress ?? "" }));
        }

        return taken;
    }

    /// <summary>Settles by one statement all those that were taken together and have the same to keep.</summary>
    private async ValueTask SettleAsync(
        IReadOnlyCollection<TakenWeChatEvent> events,
        Func<TakenWeChatEvent, string?> progressOf,
        Func<IQueryable<EventRow>, string?, CancellationToken, Task<int>> settleAsync,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        cancellationToken.ThrowIfCancellationRequested();
        var groups = events.GroupBy(taken => (taken.AppId, taken.LeaseId, Progress: progressOf(taken) is { Length: > 0 } progress ? progress : null)).ToArray();
        if (groups.Length == 0)
        {
            return;
        }

        await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                foreach (var group in groups)
                {
                    var leaseId = group.Key.LeaseId;
                    foreach (var keys in group.Select(static taken => taken.DeduplicationKey).Chunk(EfDatabase.ListSize))
                    {
                        var held = Named(context, group.Key.AppId, keys).Where(row => row.LeaseId == leaseId);
                        await settleAsync(held, group.Key.Progress, cancellationToken).ConfigureAwait(false);
                    }
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }
}
