namespace WeChat.UnionPush;

/// <summary>Pace and day's calls, one row for each account. A write names what it read, so that of two at once one reads again.</summary>
internal sealed class SqlSharedPace(ISqlDatabase database, TimeProvider timeProvider) : ISharedPace
{
    private readonly string _select = database.Dialect.Spell("select next_at, day, used from unionpush_pace where app_id = $1");

    private readonly string _add = database.Dialect.Spell(database.Dialect.IfAbsent("insert into unionpush_pace (app_id, next_at, day, used) values ($1, $2, $3, $4)"));

    private readonly string _update = database.Dialect.Spell(
        "update unionpush_pace set next_at = $2, day = $3, used = $4 where app_id = $1 and next_at = $5 and day = $6 and used = $7");

    public async ValueTask<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        while (true)
        {
            var stored = await database.QueryAsync(
                _select, static row => new PaceState(row.Int64(0), DateOnly.FromDayNumber((int)row.Int64(1)), row.Int64(2)), cancellationToken, request.AppId)
                .ConfigureAwait(false);
            var before = stored.Count == 0 ? PaceState.None : stored[0];
            var (after, grant) = before.Apply(request, timeProvider.GetUtcNow());
            SqlValue[] next = [request.AppId, after.NextAt, after.Day.DayNumber, after.Used];
            var written = stored.Count == 0
                ? await database.ExecuteAsync(_add, [next], cancellationToken).ConfigureAwait(false)
                : await database.ExecuteAsync(_update, [[.. next, before.NextAt, before.Day.DayNumber, before.Used]], cancellationToken).ConfigureAwait(false);
            if (written > 0)
            {
                return grant;
            }
        }
    }
}
