namespace WeChat.UnionPush.PostgreSql;

internal sealed class PostgreSqlAccessTokenStore(PostgreSqlDatabase database, TimeProvider timeProvider) : IAccessTokenStore
{
    private const string Select = "select token, expires_at, fetched_at, forced_at, forced_count from unionpush_access_token where key = $1";

    private const string Upsert = """
        insert into unionpush_access_token (key, token, expires_at, fetched_at, forced_at, forced_count) values ($1, $2, $3, $4, $5, $6)
        on conflict (key) do update set
            token = excluded.token, expires_at = excluded.expires_at, fetched_at = excluded.fetched_at, forced_at = excluded.forced_at, forced_count = excluded.forced_count
        """;

    private readonly PostgreSqlLeases _leases = new(database, timeProvider, "token:");

    public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var records = await database.ReadAsync(
            Select,
            static row => new StoredAccessToken
            {
                Token = row.IsDBNull(0) ? null : new AccessToken(row.GetString(0), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1))),
                FetchedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
                ForcedAt = row.IsDBNull(3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
                ForcedCount = row.GetInt32(4),
            },
            cancellationToken,
            PostgreSqlDatabase.Value(key)).ConfigureAwait(false);
        return records.Count == 0 ? null : records[0];
    }

    public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(record);
        await database.ReadAsync(
            Upsert,
            static _ => true,
            cancellationToken,
            PostgreSqlDatabase.Value(key),
            PostgreSqlDatabase.Value(record.Token?.Value),
            PostgreSqlDatabase.Value(record.Token?.ExpiresAt.ToUnixTimeMilliseconds()),
            PostgreSqlDatabase.Value(record.FetchedAt.ToUnixTimeMilliseconds()),
            PostgreSqlDatabase.Value(record.ForcedAt?.ToUnixTimeMilliseconds()),
            PostgreSqlDatabase.Value(record.ForcedCount)).ConfigureAwait(false);
    }

    public ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(key, duration, cancellationToken);
}
