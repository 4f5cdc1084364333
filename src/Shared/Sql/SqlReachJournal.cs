namespace WeChat.UnionPush;

/// <summary>Notes, one row for each. A write names the revision that it read, so that of two at once one is told.</summary>
internal sealed class SqlReachJournal(ISqlDatabase database, TimeProvider timeProvider) : IReachJournal
{
    private const int ListSize = 100;

    private readonly string _findMany = database.Dialect.Spell(
        $"select note_key, note, revision, expires_at from unionpush_reach where app_id = $1 and expires_at > $2 and note_key in ({Keys()})");

    private readonly string _find = database.Dialect.Spell("select note, revision, expires_at from unionpush_reach where app_id = $1 and note_key = $2");

    private readonly string _add = database.Dialect.Spell(database.Dialect.IfAbsent(
        "insert into unionpush_reach (app_id, note_key, note, expires_at, revision) values ($1, $2, $3, $4, 1)"));

    private readonly string _update = database.Dialect.Spell(
        "update unionpush_reach set note = $3, expires_at = $4, revision = revision + 1 where app_id = $1 and note_key = $2 and revision = $5");

    private readonly string _delete = database.Dialect.Spell("delete from unionpush_reach where app_id = $1 and note_key = $2");

    private readonly string _list = database.Dialect.Spell("""
        select note_key, note, revision, expires_at from unionpush_reach
        where app_id = $1 and note_key > $2 and note_key < $3 and expires_at > $4
        order by note_key limit $5
        """);

    private readonly string _expired = database.Dialect.Spell("select app_id, note_key, revision from unionpush_reach where expires_at <= $1 order by expires_at limit $2");

    private readonly string _expire = database.Dialect.Spell("delete from unionpush_reach where app_id = $1 and note_key = $2 and revision = $3");

    public async ValueTask<ReachNote?> FindAsync(string appId, string key, CancellationToken cancellationToken = default) =>
        await StoredAsync(appId, key, cancellationToken).ConfigureAwait(false) is { } note && note.ExpiresAt > timeProvider.GetUtcNow() ? note : null;

    public async ValueTask<IReadOnlyDictionary<string, ReachNote>> FindAsync(
        string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var found = new Dictionary<string, ReachNote>(StringComparer.Ordinal);
        foreach (var some in keys.Chunk(ListSize))
        {
            // Always as many, so that the statement is prepared once: the last key stands for those that are missing.
            SqlValue[] values = [appId, timeProvider.GetUtcNow(), .. some, .. Enumerable.Repeat((SqlValue)some[^1], ListSize - some.Length)];
            foreach (var (key, note) in await database.QueryAsync(
                _findMany, static row => (row.Text(0), new ReachNote(row.Text(1), row.Int64(2), row.Time(3))), cancellationToken, values).ConfigureAwait(false))
            {
                found[key] = note;
            }
        }

        return found;
    }

    public async ValueTask<ReachNote?> TryWriteAsync(
        string appId, string key, ReachNote? before, string value, DateTimeOffset expiresAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (before is null)
        {
            if (await database.ExecuteAsync(_add, cancellationToken, appId, key, value, expiresAt).ConfigureAwait(false) > 0)
            {
                return new ReachNote(value, 1, Millisecond.Cut(expiresAt));
            }

            // One that has expired is in the way until it is deleted.
            before = await StoredAsync(appId, key, cancellationToken).ConfigureAwait(false);
            if (before is null || before.ExpiresAt > timeProvider.GetUtcNow())
            {
                return null;
            }
        }

        return await database.ExecuteAsync(_update, cancellationToken, appId, key, value, expiresAt, before.Revision).ConfigureAwait(false) > 0
            ? new ReachNote(value, before.Revision + 1, Millisecond.Cut(expiresAt))
            : null;
    }

    public async ValueTask<IReadOnlyList<KeyValuePair<string, ReachNote>>> ListAsync(
        string appId, string prefix, string? afterKey, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var end = prefix[..^1] + (char)(prefix[^1] + 1);
        return await database.QueryAsync(
            _list, static row => KeyValuePair.Create(row.Text(0), new ReachNote(row.Text(1), row.Int64(2), row.Time(3))), cancellationToken,
            appId, afterKey ?? prefix, end, timeProvider.GetUtcNow(), (long)limit).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        await database.ExecuteAsync(_delete, [.. keys.Order(StringComparer.Ordinal).Select(key => new SqlValue[] { appId, key })], cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<int> ExpireAsync(DateTimeOffset expiredBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var expired = await database.QueryAsync(
            _expired, static row => new SqlValue[] { row.Text(0), row.Text(1), row.Int64(2) }, cancellationToken, expiredBefore, (long)limit).ConfigureAwait(false);
        await database.ExecuteAsync(_expire, expired, cancellationToken).ConfigureAwait(false);
        return expired.Count;
    }

    private static string Keys() => string.Join(", ", Enumerable.Range(3, ListSize).Select(static parameter => $"${parameter}"));

    private async ValueTask<ReachNote?> StoredAsync(string appId, string key, CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsync(_find, static row => new ReachNote(row.Text(0), row.Int64(1), row.Time(2)), cancellationToken, appId, key).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }
}
