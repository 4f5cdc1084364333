namespace WeChat.UnionPush.Sqlite;

internal sealed class SqliteFollowerSyncStore(SqliteDatabase database, TimeProvider timeProvider) : IFollowerSyncStore
{
    private const string Select = """
        select walk_started_at, next_open_id, in_progress, is_full, listed, detailed, calls, calls_on, completed_at
        from unionpush_follower_sync
        where app_id = ?1
        """;

    private const string Replace = """
        insert or replace into unionpush_follower_sync
            (app_id, walk_started_at, next_open_id, in_progress, is_full, listed, detailed, calls, calls_on, completed_at)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        """;

    private readonly SqliteLeases _leases = new(database, timeProvider, "sync:");

    public async ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            appId,
            static (session, appId, _) =>
            {
                var select = session.Prepare(Select).Bind(1, appId);
                if (!select.Step())
                {
                    return null;
                }

                var state = new FollowerSyncState(appId)
                {
                    WalkStartedAt = DateTimeOffset.FromUnixTimeMilliseconds(select.Int64(0)),
                    NextOpenId = select.Text(1),
                    InProgress = select.Int64(2) != 0,
                    Full = select.Int64(3) != 0,
                    Listed = select.Int64(4),
                    Detailed = select.Int64(5),
                    Calls = (int)select.Int64(6),
                    CallsOn = DateOnly.FromDayNumber((int)select.Int64(7)),
                    CompletedAt = select.NullableInt64(8) is { } completedAt ? DateTimeOffset.FromUnixTimeMilliseconds(completedAt) : null,
                };
                select.Reset();
                return state;
            },
            asTransaction: false,
            cancellationToken).ConfigureAwait(false);

    public ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        return database.WriteAsync(
            (leases: _leases, lease, state),
            static (session, save, _) =>
            {
                var state = save.state;
                if (!save.leases.IsHeld(session, save.lease, state.AppId))
                {
                    return false;
                }

                session.Prepare(Replace)
                    .Bind(1, state.AppId).Bind(2, state.WalkStartedAt.ToUnixTimeMilliseconds()).Bind(3, state.NextOpenId)
                    .Bind(4, state.InProgress ? 1 : 0).Bind(5, state.Full ? 1 : 0).Bind(6, state.Listed).Bind(7, state.Detailed)
                    .Bind(8, state.Calls).Bind(9, state.CallsOn.DayNumber).Bind(10, state.CompletedAt?.ToUnixTimeMilliseconds())
                    .Run();
                return true;
            },
            cancellationToken);
    }

    public ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(appId, duration, cancellationToken);
}
