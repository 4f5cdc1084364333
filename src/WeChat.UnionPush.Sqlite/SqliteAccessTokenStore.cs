namespace WeChat.UnionPush.Sqlite;

internal sealed class SqliteAccessTokenStore(SqliteDatabase database, TimeProvider timeProvider) : IAccessTokenStore
{
    private const string Select = "select token, expires_at, fetched_at, forced_at, forced_count from unionpush_access_token where key = ?1";

    private const string Replace =
        "insert or replace into unionpush_access_token (key, token, expires_at, fetched_at, forced_at, forced_count) values (?1, ?2, ?3, ?4, ?5, ?6)";

    private readonly SqliteLeases _leases = new(database, timeProvider, "token:");

    public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            key,
            static (session, key, _) =>
            {
                var select = session.Prepare(Select).Bind(1, key);
                if (!select.Step())
                {
                    return null;
                }

                var record = new StoredAccessToken
                {
                    Token = select.NullableText(0) is { } token ? new AccessToken(token, DateTimeOffset.FromUnixTimeMilliseconds(select.Int64(1))) : null,
                    FetchedAt = DateTimeOffset.FromUnixTimeMilliseconds(select.Int64(2)),
                    ForcedAt = select.NullableInt64(3) is { } forcedAt ? DateTimeOffset.FromUnixTimeMilliseconds(forcedAt) : null,
                    ForcedCount = (int)select.Int64(4),
                };
                select.Reset();
                return record;
            },
            asTransaction: false,
            cancellationToken).ConfigureAwait(false);

    public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(record);
        await database.WriteAsync(
            (key, record),
            static (session, row, _) =>
            {
                session.Prepare(Replace)
                    .Bind(1, row.key)
                    .Bind(2, row.record.Token?.Value).Bind(3, row.record.Token?.ExpiresAt.ToUnixTimeMilliseconds())
                    .Bind(4, row.record.FetchedAt.ToUnixTimeMilliseconds())
                    .Bind(5, row.record.ForcedAt?.ToUnixTimeMilliseconds()).Bind(6, row.record.ForcedCount)
                    .Run();
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(key, duration, cancellationToken);
}
