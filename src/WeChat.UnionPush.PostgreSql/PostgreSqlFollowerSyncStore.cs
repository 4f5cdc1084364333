namespace WeChat.UnionPush.PostgreSql;

internal sealed class PostgreSqlFollowerSyncStore(PostgreSqlDatabase database, TimeProvider timeProvider) : IFollowerSyncStore
{
    private const string Select = """
        select walk_started_at, next_open_id, in_progress, is_full, listed, detailed, calls, calls_on, completed_at
        from unionpush_follower_sync
        where app_id = $1
        """;

    // The lease's row is locked, so that nobody takes it over between the look and the write.
    private const string Upsert = """
        with held as (
            select 1 from unionpush_lease where key = $11 and owner = $12 and expires_at > $13 for share)
        insert into unionpush_follower_sync
            (app_id, walk_started_at, next_open_id, in_progress, is_full, listed, detailed, calls, calls_on, completed_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 from held
        on conflict (app_id) do update set
            walk_started_at = excluded.walk_started_at, next_open_id = excluded.next_open_id, in_progress = excluded.in_progress, is_full = excluded.is_full,
            listed = excluded.listed, detailed = excluded.detailed, calls = excluded.calls, calls_on = excluded.calls_on, completed_at = excluded.completed_at
        returning true
        """;

    private readonly PostgreSqlLeases _leases = new(database, timeProvider, "sync:");

    public async ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default)
    {
        var states = await database.ReadAsync(
            Select,
            row => new FollowerSyncState(appId)
            {
                WalkStartedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)),
                NextOpenId = row.GetString(1),
                InProgress = row.GetBoolean(2),
                Full = row.GetBoolean(3),
                Listed = row.GetInt64(4),
                Detailed = row.GetInt64(5),
                Calls = row.GetInt32(6),
                CallsOn = row.GetFieldValue<DateOnly>(7),
                CompletedAt = row.IsDBNull(8) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
            },
            cancellationToken,
            PostgreSqlDatabase.Value(appId)).ConfigureAwait(false);
        return states.Count == 0 ? null : states[0];
    }

    public async ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        var held = _leases.Held(lease, state.AppId);
        var rows = await database.ReadAsync(
            Upsert,
            static _ => true,
            cancellationToken,
            PostgreSqlDatabase.Value(state.AppId),
            PostgreSqlDatabase.Value(state.WalkStartedAt.ToUnixTimeMilliseconds()),
            PostgreSqlDatabase.Value(state.NextOpenId),
            PostgreSqlDatabase.Value(state.InProgress),
            PostgreSqlDatabase.Value(state.Full),
            PostgreSqlDatabase.Value(state.Listed),
            PostgreSqlDatabase.Value(state.Detailed),
            PostgreSqlDatabase.Value(state.Calls),
            PostgreSqlDatabase.Value(state.CallsOn),
            PostgreSqlDatabase.Value(state.CompletedAt?.ToUnixTimeMilliseconds()),
            PostgreSqlDatabase.Value(held.Key),
            PostgreSqlDatabase.Value(held.Owner),
            PostgreSqlDatabase.Value(held.Now)).ConfigureAwait(false);
        return rows.Count > 0;
    }

    public ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(appId, duration, cancellationToken);
}
