using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Consents, one row for each. Of two who write at once, one reads again.</summary>
internal sealed class EfConsentLedger(EfDatabase database) : IConsentLedger
{
    public ValueTask<ConsentState> GetAsync(ConsentKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return database.ReadAsync(
            async (context, cancellationToken) =>
                (await FindAsync(context.Set<ConsentRow>().AsNoTracking(), key, cancellationToken).ConfigureAwait(false))?.State() ?? ConsentState.None,
            cancellationToken);
    }

    public ValueTask<bool> ApplyAsync(ConsentKey key, ConsentChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var rows = context.Set<ConsentRow>();
                var row = await FindAsync(rows, key, cancellationToken).ConfigureAwait(false);
                var before = row?.State() ?? ConsentState.None;
                var after = before.Apply(change);
                if (ReferenceEquals(before, after))
                {
                    return false;
                }

                if (row is null)
                {
                    rows.Add(row = new ConsentRow { AppId = key.AppId, OpenId = key.OpenId, TemplateId = key.TemplateId });
                }

                row.Set(after);
                await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    public ValueTask<long> CountAsync(string appId, string templateId, CancellationToken cancellationToken = default) => database.ReadAsync(
        (context, cancellationToken) => context.Set<ConsentRow>().LongCountAsync(row => row.AppId == appId && row.TemplateId == templateId && row.Credits > 0, cancellationToken),
        cancellationToken);

    [SuppressMessage("Globalization", "CA1309:Use ordinal string comparison", Justification = "The database compares, by the column's collation.")]
    public async ValueTask<IReadOnlyList<string>> ListAsync(
        string appId, string templateId, string? afterOpenId, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var after = afterOpenId ?? "";
        return await database.ReadAsync(
            (context, cancellationToken) => context.Set<ConsentRow>()
                .Where(row => row.AppId == appId && row.TemplateId == templateId && row.Credits > 0 && string.Compare(row.OpenId, after) > 0)
                .OrderBy(static row => row.OpenId).Select(static row => row.OpenId).Take(limit).ToListAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ForgetAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        foreach (var some in openIds.Distinct(StringComparer.Ordinal).Chunk(EfDatabase.ListSize))
        {
            await database.WriteAsync(
                (context, cancellationToken) => context.Set<ConsentRow>().Where(row => row.AppId == appId && some.Contains(row.OpenId)).ExecuteDeleteAsync(cancellationToken),
                cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task<ConsentRow?> FindAsync(IQueryable<ConsentRow> rows, ConsentKey key, CancellationToken cancellationToken) => rows.FirstOrDefaultAsync(
        row => row.AppId == key.AppId && row.OpenId == key.OpenId && row.TemplateId == key.TemplateId, cancellationToken);
}
