namespace WeChat.UnionPush;

/// <summary>Access tokens, one row for each key.</summary>
internal sealed class SqlAccessTokenStore(ISqlDatabase database, TimeProvider timeProvider) : IAccessTokenStore
{
    private readonly SqlLeases _leases = new(database, timeProvider, "token:");

    private readonly string _select = database.Dialect.Spell("""select token, expires_at, fetched_at, forced_at, forced_count from unionpush_access_token where "key" = $1""");

    private readonly string _save = database.Dialect.Spell(
        """insert into unionpush_access_token ("key", token, expires_at, fetched_at, forced_at, forced_count) values ($1, $2, $3, $4, $5, $6)"""
        + database.Dialect.OrReplace("\"key\"", ["token", "expires_at", "fetched_at", "forced_at", "forced_count"]));

    public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var records = await database.QueryAsync(
            _select,
            static row => new StoredAccessToken
            {
                Token = row.IsNull(0) ? null : new AccessToken(row.Text(0), row.Time(1)),
                FetchedAt = row.Time(2),
                ForcedAt = row.NullableTime(3),
                ForcedCount = (int)row.Int64(4),
            },
            cancellationToken,
            key).ConfigureAwait(false);
        return records.Count == 0 ? null : records[0];
    }

    public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(record);
        await database.ExecuteAsync(
            _save, cancellationToken, key, record.Token?.Reveal(), record.Token?.ExpiresAt, record.FetchedAt, record.ForcedAt, record.ForcedCount).ConfigureAwait(false);
    }

    public ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(key, duration, cancellationToken);
}
