namespace WeChat.UnionPush;

/// <summary>Consents, one row for each. A write names the revision that it read, so that of two at once one reads again.</summary>
internal sealed class SqlConsentLedger(ISqlDatabase database) : IConsentLedger
{
    private readonly string _select = database.Dialect.Spell("""
        select tapped, reported, taken, delivered, lost, emptied_at, tapped_at, habit, events, revision
        from unionpush_consent
        where app_id = $1 and open_id = $2 and template_id = $3
        """);

    private readonly string _add = database.Dialect.Spell(database.Dialect.IfAbsent("""
        insert into unionpush_consent (app_id, open_id, template_id, tapped, reported, taken, delivered, lost, emptied_at, tapped_at, habit, events, credits, revision)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)
        """));

    private readonly string _update = database.Dialect.Spell("""
        update unionpush_consent
        set tapped = $4, reported = $5, taken = $6, delivered = $7, lost = $8, emptied_at = $9, tapped_at = $10, habit = $11, events = $12, credits = $13,
            revision = revision + 1
        where app_id = $1 and open_id = $2 and template_id = $3 and revision = $14
        """);

    private readonly string _count = database.Dialect.Spell("select count(*) from unionpush_consent where app_id = $1 and template_id = $2 and credits > 0");

    private readonly string _list = database.Dialect.Spell("""
        select open_id from unionpush_consent
        where app_id = $1 and template_id = $2 and credits > 0 and open_id > $3
        order by open_id limit $4
        """);

    private readonly string _delete = database.Dialect.Spell("delete from unionpush_consent where app_id = $1 and open_id = $2");

    public async ValueTask<ConsentState> GetAsync(ConsentKey key, CancellationToken cancellationToken = default) =>
        (await ReadAsync(key, cancellationToken).ConfigureAwait(false))?.State ?? ConsentState.None;

    public async ValueTask<bool> ApplyAsync(ConsentKey key, ConsentChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        while (true)
        {
            var stored = await ReadAsync(key, cancellationToken).ConfigureAwait(false);
            var before = stored?.State ?? ConsentState.None;
            var after = before.Apply(change);
            if (ReferenceEquals(before, after))
            {
                return false;
            }

            SqlValue[] values =
            [
                key.AppId, key.OpenId, key.TemplateId, after.Tapped, after.Reported, after.Taken, after.Delivered, after.Lost, after.EmptiedAt, after.TappedAt,
                (long)after.Habit, after.Events, after.Credits,
            ];
            var written = stored is { Revision: var revision }
                ? await database.ExecuteAsync(_update, [[.. values, revision]], cancellationToken).ConfigureAwait(false)
                : await database.ExecuteAsync(_add, [values], cancellationToken).ConfigureAwait(false);
            if (written > 0)
            {
                return true;
            }
        }
    }

    public async ValueTask<long> CountAsync(string appId, string templateId, CancellationToken cancellationToken = default) =>
        (await database.QueryAsync(_count, static row => row.Int64(0), cancellationToken, appId, templateId).ConfigureAwait(false))[0];

    public async ValueTask<IReadOnlyList<string>> ListAsync(
        string appId, string templateId, string? afterOpenId, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await database.QueryAsync(
            _list, static row => row.Text(0), cancellationToken, appId, templateId, afterOpenId ?? "", (long)limit).ConfigureAwait(false);
    }

    public async ValueTask ForgetAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        await database.ExecuteAsync(
            _delete, [.. openIds.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(openId => new SqlValue[] { appId, openId })],
            cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Stored?> ReadAsync(ConsentKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        var rows = await database.QueryAsync(_select, Read, cancellationToken, key.AppId, key.OpenId, key.TemplateId).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    private static Stored Read(ISqlRow row) => new(
        new ConsentState
        {
            Tapped = row.Int64(0),
            Reported = row.Int64(1),
            Taken = row.Int64(2),
            Delivered = row.Int64(3),
            Lost = row.Int64(4),
            EmptiedAt = row.NullableTime(5),
            TappedAt = row.NullableTime(6),
            Habit = (ConsentHabit)row.Int64(7),
            Events = row.Text(8),
        },
        row.Int64(9));

    private sealed record Stored(ConsentState State, long Revision);
}
