using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Notes, one row for each. Of two who write at once, one is told.</summary>
internal sealed class EfReachJournal(EfDatabase database, TimeProvider timeProvider) : IReachJournal
{
    public ValueTask<ReachNote?> FindAsync(string appId, string key, CancellationToken cancellationToken = default) => database.ReadAsync(
        async (context, cancellationToken) =>
            await FindAsync(context.Set<ReachRow>().AsNoTracking(), appId, key, cancellationToken).ConfigureAwait(false) is { } row && IsCurrent(row) ? NoteOf(row) : null,
        cancellationToken);

    public async ValueTask<IReadOnlyDictionary<string, ReachNote>> FindAsync(
        string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var found = new Dictionary<string, ReachNote>(StringComparer.Ordinal);
        foreach (var some in keys.Distinct(StringComparer.Ordinal).Chunk(EfDatabase.ListSize))
        {
            var rows = await database.ReadAsync(
                (context, cancellationToken) => context.Set<ReachRow>().AsNoTracking().Where(row => row.AppId == appId && some.Contains(row.Key)).ToListAsync(cancellationToken),
                cancellationToken).ConfigureAwait(false);
            foreach (var row in rows.Where(IsCurrent))
            {
                found[row.Key] = NoteOf(row);
            }
        }

        return found;
    }

    public ValueTask<ReachNote?> TryWriteAsync(
        string appId, string key, ReachNote? before, string value, DateTimeOffset expiresAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var rows = context.Set<ReachRow>();
                var row = await FindAsync(rows, appId, key, cancellationToken).ConfigureAwait(false);
                if (before is null ? row is not null && IsCurrent(row) : row?.Version != before.Revision)
                {
                    return null;
                }

                if (row is null)
                {
                    rows.Add(row = new ReachRow { AppId = appId, Key = key });
                }

                row.Note = value;
                row.ExpiresAt = expiresAt.ToUnixTimeMilliseconds();
                row.Version++;
                await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                return NoteOf(row);
            },
            cancellationToken);
    }

    [SuppressMessage("Globalization", "CA1309:Use ordinal string comparison", Justification = "The database compares, by the column's collation.")]
    public async ValueTask<IReadOnlyList<KeyValuePair<string, ReachNote>>> ListAsync(
        string appId, string prefix, string? afterKey, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var (after, end, now) = (afterKey ?? prefix, prefix[..^1] + (char)(prefix[^1] + 1), timeProvider.GetUtcNow().ToUnixTimeMilliseconds());
        var rows = await database.ReadAsync(
            (context, cancellationToken) => context.Set<ReachRow>().AsNoTracking()
                .Where(row => row.AppId == appId && string.Compare(row.Key, after) > 0 && string.Compare(row.Key, end) < 0 && row.ExpiresAt > now)
                .OrderBy(static row => row.Key).Take(limit).ToListAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(static row => KeyValuePair.Create(row.Key, NoteOf(row)));
    }

    public async ValueTask DeleteAsync(string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (var some in keys.Distinct(StringComparer.Ordinal).Chunk(EfDatabase.ListSize))
        {
            await database.WriteAsync(
                (context, cancellationToken) => context.Set<ReachRow>().Where(row => row.AppId == appId && some.Contains(row.Key)).ExecuteDeleteAsync(cancellationToken),
                cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<int> ExpireAsync(DateTimeOffset expiredBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var before = expiredBefore.ToUnixTimeMilliseconds();
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var rows = context.Set<ReachRow>();
                var expired = await rows.Where(row => row.ExpiresAt <= before).OrderBy(static row => row.ExpiresAt).Take(limit)
                    .ToListAsync(cancellationToken).ConfigureAwait(false);
                rows.RemoveRange(expired);
                await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                return expired.Count;
            },
            cancellationToken);
    }

    private static Task<ReachRow?> FindAsync(IQueryable<ReachRow> rows, string appId, string key, CancellationToken cancellationToken) =>
        rows.FirstOrDefaultAsync(row => row.AppId == appId && row.Key == key, cancellationToken);

    private static ReachNote NoteOf(ReachRow row) => new(row.Note, row.Version, DateTimeOffset.FromUnixTimeMilliseconds(row.ExpiresAt));

    private bool IsCurrent(ReachRow row) => row.ExpiresAt > timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
}
