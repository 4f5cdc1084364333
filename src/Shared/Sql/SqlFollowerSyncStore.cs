namespace WeChat.UnionPush;

/// <summary>Cursors of follower walks, one row for each account.</summary>
internal sealed class SqlFollowerSyncStore(ISqlDatabase database, TimeProvider timeProvider) : IFollowerSyncStore
{
    private const string SelectAll = """
        select app_id, walk_started_at, next_open_id, in_progress, is_full, listed, detailed, calls, calls_on, completed_at,
            doubted_at, doubted, unlinked
        from unionpush_follower_sync
        """;

    private readonly SqlLeases _leases = new(database, timeProvider, "sync:");

    private readonly string _select = database.Dialect.Spell(SelectAll + " where app_id = $1");

    // The lease's row is locked, so that nobody takes the lease over between the check and the write.
    private readonly string _save = database.Dialect.Spell(
        """
        insert into unionpush_follower_sync
            (app_id, walk_started_at, next_open_id, in_progress, is_full, listed, detailed, calls, calls_on, completed_at,
             doubted_at, doubted, unlinked)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 from unionpush_lease where "key" = $14 and owner = $15 and expires_at > $16
        """
        + database.Dialect.ForUpdate
        + database.Dialect.OrReplace(
            "app_id",
            [
                "walk_started_at", "next_open_id", "in_progress", "is_full", "listed", "detailed", "calls", "calls_on", "completed_at",
                "doubted_at", "doubted", "unlinked",
            ]));

    public async ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default)
    {
        var states = await database.QueryAsync(_select, Read, cancellationToken, appId).ConfigureAwait(false);
        return states.Count == 0 ? null : states[0];
    }

    public async ValueTask<IReadOnlyList<FollowerSyncState>> ListAsync(CancellationToken cancellationToken = default) =>
        await database.QueryAsync(SelectAll, Read, cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        var held = _leases.Held(lease, state.AppId);
        return await database.ExecuteAsync(
            _save,
            cancellationToken,
            state.AppId, state.WalkStartedAt, state.NextOpenId, state.InProgress, state.Full, state.Listed, state.Detailed, state.Calls, state.CallsOn, state.CompletedAt,
            state.DoubtedAt, state.Doubted, state.Unlinked,
            held.Key, held.Owner, held.Now).ConfigureAwait(false) > 0;
    }

    public ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(appId, duration, cancellationToken);

    private static FollowerSyncState Read(ISqlRow row) => new(row.Text(0))
    {
        WalkStartedAt = row.Time(1),
        NextOpenId = row.Text(2),
        InProgress = row.Flag(3),
        Full = row.Flag(4),
        Listed = row.Int64(5),
        Detailed = row.Int64(6),
        Calls = (int)row.Int64(7),
        CallsOn = row.Day(8),
        CompletedAt = row.NullableTime(9),
        DoubtedAt = row.NullableTime(10),
        Doubted = row.Int64(11),
        Unlinked = row.Int64(12),
    };
}
