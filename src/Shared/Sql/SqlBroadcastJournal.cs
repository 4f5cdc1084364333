using System.Runtime.CompilerServices;

namespace WeChat.UnionPush;

/// <summary>Broadcasts in two tables: a row for each broadcast, and a row for each batch of its recipients.</summary>
internal sealed class SqlBroadcastJournal(ISqlDatabase database, TimeProvider timeProvider) : IBroadcastJournal
{
    private const int PageSize = 50;
    private const int DeleteSize = 500;

    private const string SelectBroadcast = """
        select app_id, name, id, state, reason, recipients, content, created_at, started_at, ended_at, waits_until, report, revision
        from unionpush_broadcast
        """;

    private const string SelectBatch = """
        select number, size, recipients, outcomes, available_at, claim_id, saved_at,
            sent, not_signed_in, not_linked, not_following, refused, too_frequent, duplicate, unknown_outcome, failed,
            sent_by_subscribe, sent_by_notice, sent_by_service, sent_by_fallback
        from unionpush_broadcast_batch
        """;

    private const string SetBatch = """
        update unionpush_broadcast_batch
        set outcomes = $3, available_at = $4, saved_at = $5, sent = $6, not_signed_in = $7, not_linked = $8, not_following = $9, refused = $10,
            too_frequent = $11, duplicate = $12, unknown_outcome = $13, failed = $14, sent_by_subscribe = $15, sent_by_notice = $16, sent_by_service = $17,
            sent_by_fallback = $18, claim_id = $19
        where broadcast_id = $1 and number = $2
        """;

    private readonly SqlLeases _leases = new(database, timeProvider, "broadcast:");

    private readonly string _add = database.Dialect.Spell(database.Dialect.IfAbsent("""
        insert into unionpush_broadcast
            (app_id, name, id, state, reason, recipients, content, created_at, started_at, ended_at, waits_until, report, revision)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """));

    private readonly string _update = database.Dialect.Spell("""
        update unionpush_broadcast
        set id = $3, state = $4, reason = $5, recipients = $6, content = $7, created_at = $8, started_at = $9, ended_at = $10, waits_until = $11, report = $12,
            revision = revision + 1
        where app_id = $1 and name = $2 and revision = $13
        """);

    private readonly string _find = database.Dialect.Spell(SelectBroadcast + " where app_id = $1 and name = $2");
    private readonly string _listAll = database.Dialect.Spell(SelectBroadcast + " where app_id = $1 order by created_at, name");
    private readonly string _listRunning = database.Dialect.Spell(SelectBroadcast + " where app_id = $1 and state = 1 order by created_at, name");

    private readonly string _addBatch = database.Dialect.Spell("""
        insert into unionpush_broadcast_batch
            (broadcast_id, number, outcomes, available_at, saved_at, sent, not_signed_in, not_linked, not_following, refused, too_frequent, duplicate, unknown_outcome, failed,
             sent_by_subscribe, sent_by_notice, sent_by_service, sent_by_fallback, claim_id, size, recipients)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """);

    private readonly string _claim = database.Dialect.Spell(database.Dialect.ClaimBatch);
    private readonly string _claimed = database.Dialect.Spell(SelectBatch + " where broadcast_id = $1 and claim_id = $2");
    private readonly string _save = database.Dialect.Spell(SetBatch + " and claim_id = $20");
    private readonly string _reopen = database.Dialect.Spell(SetBatch + " and claim_id is null and available_at = $20");
    private readonly string _page = database.Dialect.Spell(SelectBatch + " where broadcast_id = $1 and number > $2 order by number limit $3");
    private readonly string _delete = database.Dialect.Spell("delete from unionpush_broadcast_batch where broadcast_id = $1 and number < $2");
    private readonly string _last = database.Dialect.Spell("select coalesce(max(number), -1) from unionpush_broadcast_batch where broadcast_id = $1");

    private readonly string _count = database.Dialect.Spell("""
        select coalesce(sum(size), 0), coalesce(sum(sent), 0), coalesce(sum(not_signed_in), 0), coalesce(sum(not_linked), 0), coalesce(sum(not_following), 0),
            coalesce(sum(refused), 0), coalesce(sum(too_frequent), 0), coalesce(sum(duplicate), 0), coalesce(sum(unknown_outcome), 0), coalesce(sum(failed), 0),
            coalesce(sum(sent_by_subscribe), 0), coalesce(sum(sent_by_notice), 0), coalesce(sum(sent_by_service), 0), coalesce(sum(sent_by_fallback), 0),
            coalesce(sum(case when available_at < $2 then 1 else 0 end), 0),
            coalesce(sum(case when claim_id is not null and available_at > $3 then 1 else 0 end), 0),
            coalesce(sum(case when saved_at >= $4
                then sent + not_signed_in + not_linked + not_following + refused + too_frequent + duplicate + unknown_outcome + failed else 0 end), 0)
        from unionpush_broadcast_batch
        where broadcast_id = $1
        """);

    private readonly string _named = database.Dialect.Spell("""
        select b.broadcast_id, b.number, b.recipients
        from unionpush_broadcast_batch b join unionpush_broadcast x on x.id = b.broadcast_id
        where x.app_id = $1 and b.recipients like $2
        """);

    private readonly string _forget = database.Dialect.Spell(
        "update unionpush_broadcast_batch set recipients = $3 where broadcast_id = $1 and number = $2 and recipients = $4");

    public async ValueTask<bool> TryAddAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return await database.ExecuteAsync(_add, [Values(broadcast)], cancellationToken).ConfigureAwait(false) > 0;
    }

    public async ValueTask<bool> TryUpdateAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return await database.ExecuteAsync(_update, [Values(broadcast)], cancellationToken).ConfigureAwait(false) > 0;
    }

    public async ValueTask<BroadcastRecord?> FindAsync(string appId, string name, CancellationToken cancellationToken = default)
    {
        var found = await database.QueryAsync(_find, Read, cancellationToken, appId, name).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public async ValueTask<IReadOnlyList<BroadcastRecord>> ListAsync(string appId, bool onlyRunning, CancellationToken cancellationToken = default) =>
        await database.QueryAsync(onlyRunning ? _listRunning : _listAll, Read, cancellationToken, appId).ConfigureAwait(false);

    public ValueTask<ILease?> TryLeaseAsync(string appId, string name, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync($"{appId}/{name}", duration, cancellationToken);

    public async ValueTask AddBatchesAsync(IReadOnlyCollection<BroadcastBatch> batches, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        await database.ExecuteAsync(
            _addBatch, [.. batches.Select(static batch => (SqlValue[])[.. Values(batch, claimId: null), batch.Size, batch.Recipients])], cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<BroadcastBatch?> TryClaimAsync(string broadcastId, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var now = timeProvider.GetUtcNow();
        var claimId = Guid.NewGuid().ToString("N");
        if (await database.ExecuteAsync(_claim, cancellationToken, broadcastId, claimId, now + duration, now).ConfigureAwait(false) == 0)
        {
            return null;
        }

        // Nothing is lost when this fails: the claim ends with its lease.
        var claimed = await database.QueryAsync(_claimed, row => ReadBatch(row, broadcastId), cancellationToken, broadcastId, claimId).ConfigureAwait(false);
        return claimed.Count == 0 ? null : claimed[0];
    }

    public async ValueTask<bool> SaveAsync(BroadcastBatch batch, bool release, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return await database.ExecuteAsync(_save, [[.. Values(batch, release ? null : batch.ClaimId), batch.ClaimId]], cancellationToken).ConfigureAwait(false) > 0;
    }

    public async ValueTask<bool> TryReopenAsync(BroadcastBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return await database.ExecuteAsync(_reopen, [[.. Values(batch, claimId: null), DateTimeOffset.MaxValue]], cancellationToken).ConfigureAwait(false) > 0;
    }

    public async ValueTask<BroadcastProgress> CountAsync(string broadcastId, DateTimeOffset recentSince, CancellationToken cancellationToken = default) =>
        (await database.QueryAsync(
            _count,
            static row => new BroadcastProgress(row.Int64(0), ReadCounts(row, 1)) { OpenBatches = row.Int64(14), ClaimedBatches = row.Int64(15), Recent = row.Int64(16) },
            cancellationToken,
            broadcastId, DateTimeOffset.MaxValue, timeProvider.GetUtcNow(), recentSince).ConfigureAwait(false))[0];

    public async IAsyncEnumerable<BroadcastBatch> ListBatchesAsync(string broadcastId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var last = -1;
        List<BroadcastBatch> page;
        do
        {
            page = await database.QueryAsync(_page, row => ReadBatch(row, broadcastId), cancellationToken, broadcastId, last, PageSize).ConfigureAwait(false);
            foreach (var batch in page)
            {
                yield return batch;
                last = batch.Number;
            }
        }
        while (page.Count == PageSize);
    }

    public async ValueTask DeleteBatchesAsync(string broadcastId, CancellationToken cancellationToken = default)
    {
        // In pieces, so that no call holds the store for long.
        var last = (await database.QueryAsync(_last, static row => row.Int64(0), cancellationToken, broadcastId).ConfigureAwait(false))[0];
        for (var before = 0L; before <= last; before += DeleteSize)
        {
            await database.ExecuteAsync(_delete, cancellationToken, broadcastId, Math.Min(before + DeleteSize, last + 1)).ConfigureAwait(false);
        }
    }

    public async ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var gone = ids.ToHashSet(StringComparer.Ordinal);
        foreach (var id in gone)
        {
            // What a pattern finds too much stays as it is. A backslash would escape, so any character stands for it.
            var pattern = $"%{id.Replace('\\', '_')}%";
            var named = await database.QueryAsync(
                _named, static row => (BroadcastId: row.Text(0), Number: row.Int64(1), Recipients: row.Text(2)), cancellationToken, appId, pattern).ConfigureAwait(false);
            await database.ExecuteAsync(
                _forget,
                [.. named.Select(batch => new SqlValue[] { batch.BroadcastId, batch.Number, RecipientLines.Without(batch.Recipients, gone), batch.Recipients })],
                cancellationToken).ConfigureAwait(false);
        }
    }

    private static SqlValue[] Values(BroadcastRecord broadcast) =>
    [
        broadcast.AppId, broadcast.Name, broadcast.Id, (long)broadcast.State, broadcast.Reason, broadcast.Recipients, broadcast.Content, broadcast.CreatedAt,
        broadcast.StartedAt, broadcast.EndedAt, broadcast.WaitsUntil, broadcast.Report, broadcast.Revision,
    ];

    private static SqlValue[] Values(BroadcastBatch batch, string? claimId) =>
    [
        batch.BroadcastId, batch.Number, batch.Outcomes, batch.AvailableAt, batch.SavedAt, batch.Counts.Sent, batch.Counts.NotSignedIn, batch.Counts.NotLinked,
        batch.Counts.NotFollowing, batch.Counts.Refused, batch.Counts.TooFrequent, batch.Counts.Duplicate, batch.Counts.Unknown, batch.Counts.Failed,
        batch.Counts.SentBySubscribeMessage, batch.Counts.SentBySubscribeNotice, batch.Counts.SentByCustomerService, batch.Counts.SentByFallback, claimId,
    ];

    private static BroadcastRecord Read(ISqlRow row) => new(row.Text(0), row.Text(1))
    {
        Id = row.Text(2),
        State = (BroadcastState)row.Int64(3),
        Reason = row.NullableText(4),
        Recipients = row.Int64(5),
        Content = row.Text(6),
        CreatedAt = row.Time(7),
        StartedAt = row.NullableTime(8),
        EndedAt = row.NullableTime(9),
        WaitsUntil = row.NullableTime(10),
        Report = row.NullableText(11),
        Revision = row.Int64(12),
    };

    private static BroadcastBatch ReadBatch(ISqlRow row, string broadcastId) => new(broadcastId, (int)row.Int64(0))
    {
        Size = (int)row.Int64(1),
        Recipients = row.Text(2),
        Outcomes = row.Text(3),
        AvailableAt = row.Time(4),
        ClaimId = row.NullableText(5),
        SavedAt = row.Time(6),
        Counts = ReadCounts(row, 7),
    };

    private static BroadcastCounts ReadCounts(ISqlRow row, int column) => new()
    {
        Sent = row.Int64(column),
        NotSignedIn = row.Int64(column + 1),
        NotLinked = row.Int64(column + 2),
        NotFollowing = row.Int64(column + 3),
        Refused = row.Int64(column + 4),
        TooFrequent = row.Int64(column + 5),
        Duplicate = row.Int64(column + 6),
        Unknown = row.Int64(column + 7),
        Failed = row.Int64(column + 8),
        SentBySubscribeMessage = row.Int64(column + 9),
        SentBySubscribeNotice = row.Int64(column + 10),
        SentByCustomerService = row.Int64(column + 11),
        SentByFallback = row.Int64(column + 12),
    };
}
