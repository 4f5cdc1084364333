namespace WeChat.UnionPush;

/// <summary>Events in one table. What all SQL databases do in the same words is here; adding and taking are each database's own.</summary>
/// <param name="database">Where they are.</param>
/// <param name="timeProvider">The clock that leases end by.</param>
/// <param name="deleteSettled">Deletes events settled before a time, a number of them at most.</param>
internal abstract class SqlWeChatEventInbox(ISqlDatabase database, TimeProvider timeProvider, string deleteSettled) : IWeChatEventInbox
{
    internal const string SelectBuried = """
        select deduplication_key, open_id, body, attempt, buried_at
        from unionpush_event
        where app_id = $1 and buried_at <= $2 and (buried_at < $2 or deduplication_key < $3)
        order by buried_at desc, deduplication_key desc
        limit $4
        """;

    internal const string Requeue = """
        update unionpush_event set settled_at = null, buried_at = null, attempt = 0, available_at = $3
        where app_id = $1 and deduplication_key = $2 and buried_at is not null
        """;

    internal const string Complete = "update unionpush_event set lease_id = null, settled_at = $4, body = '', progress = ''" + Held;
    private const string Bury = "update unionpush_event set lease_id = null, settled_at = $4, buried_at = $4, progress = $5" + Held;
    private const string Return = "update unionpush_event set lease_id = null, available_at = $4, progress = $5" + Held;
    private const string Held = " where app_id = $1 and deduplication_key = $2 and lease_id = $3";

    private readonly string _selectBuried = database.Dialect.Spell(SelectBuried);
    private readonly string _requeue = database.Dialect.Spell(Requeue);
    private readonly string _complete = database.Dialect.Spell(Complete);
    private readonly string _bury = database.Dialect.Spell(Bury);
    private readonly string _return = database.Dialect.Spell(Return);

    protected DateTimeOffset Now => timeProvider.GetUtcNow();

    public ValueTask<bool> TryAddAsync(IReadOnlyCollection<WeChatCallback> callbacks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(callbacks);
        return AddAsync([.. callbacks], Now.ToUnixTimeMilliseconds(), cancellationToken);
    }

    public async ValueTask<IReadOnlyList<TakenWeChatEvent>> TakeAsync(
        IReadOnlyCollection<string> appIds, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(appIds);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        var now = Now.ToUnixTimeMilliseconds();
        return appIds.Count == 0
            ? []
            : await TakeAsync(
                new([.. appIds], limit, now, now + (long)Math.Ceiling(leaseDuration.TotalMilliseconds), Guid.NewGuid().ToString("N")), cancellationToken).ConfigureAwait(false);
    }

    // Settled by a statement for each, for they have texts of their own to keep.
    public virtual ValueTask CompleteAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) =>
        SettleAsync(_complete, events, taken => [taken.AppId, taken.DeduplicationKey, taken.LeaseId, Now], cancellationToken);

    public virtual ValueTask ReturnAsync(IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset availableAt, CancellationToken cancellationToken = default) =>
        SettleAsync(_return, events, taken => [taken.AppId, taken.DeduplicationKey, taken.LeaseId, availableAt, taken.Progress], cancellationToken);

    public virtual ValueTask BuryAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) =>
        SettleAsync(_bury, events, taken => [taken.AppId, taken.DeduplicationKey, taken.LeaseId, Now, taken.Progress], cancellationToken);

    public async ValueTask<IReadOnlyList<BuriedWeChatEvent>> ListBuriedAsync(
        string appId, int limit, BuriedWeChatEvent? after = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await database.QueryAsync(
            _selectBuried,
            row => new BuriedWeChatEvent(appId, row.Text(0), row.Text(1), row.Text(2), (int)row.Int64(3), row.Time(4)),
            cancellationToken,
            appId, after?.BuriedAt ?? DateTimeOffset.MaxValue, after?.DeduplicationKey ?? "", limit).ConfigureAwait(false);
    }

    public ValueTask<int> RequeueAsync(string appId, IReadOnlyCollection<string> deduplicationKeys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(deduplicationKeys);
        SqlValue now = Now;
        return database.ExecuteAsync(_requeue, [.. deduplicationKeys.Select(key => new SqlValue[] { appId, key, now })], cancellationToken);
    }

    public ValueTask<int> ExpireAsync(DateTimeOffset settledBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ExecuteAsync(deleteSettled, cancellationToken, settledBefore, limit);
    }

    protected abstract ValueTask<bool> AddAsync(WeChatCallback[] callbacks, long now, CancellationToken cancellationToken);

    /// <summary>Leases events of some apps that wait and whose senders have no other event under way.</summary>
    protected abstract ValueTask<List<TakenWeChatEvent>> TakeAsync(SqlTake take, CancellationToken cancellationToken);

    private async ValueTask SettleAsync(string sql, IReadOnlyCollection<TakenWeChatEvent> events, Func<TakenWeChatEvent, SqlValue[]> values, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        await database.ExecuteAsync(sql, [.. events.Select(values)], cancellationToken).ConfigureAwait(false);
    }
}
