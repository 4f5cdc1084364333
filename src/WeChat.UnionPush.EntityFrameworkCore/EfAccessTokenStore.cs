using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Access tokens, one row for each key.</summary>
internal sealed class EfAccessTokenStore(EfDatabase database, TimeProvider timeProvider) : IAccessTokenStore
{
    private readonly EfLeases _leases = new(database, timeProvider, "token:");

    public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var rows = await database.ReadAsync(
            [key], static (context, keys) => context.Set<AccessTokenRow>().AsNoTracking().Where(row => keys.Contains(row.Key)), cancellationToken).ConfigureAwait(false);
        return rows is not [var row] ? null : new StoredAccessToken
        {
            Token = row.Token is null ? null : new AccessToken(row.Token, DateTimeOffset.FromUnixTimeMilliseconds(row.ExpiresAt ?? 0)),
            FetchedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.FetchedAt),
            ForcedAt = IdentityRow.Time(row.ForcedAt),
            ForcedCount = row.ForcedCount,
        };
    }

    public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(record);
        var token = record.Token?.Reveal();
        var expiresAt = record.Token?.ExpiresAt.ToUnixTimeMilliseconds();
        var fetchedAt = record.FetchedAt.ToUnixTimeMilliseconds();
        var forcedAt = record.ForcedAt?.ToUnixTimeMilliseconds();
        await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var tokens = context.Set<AccessTokenRow>();
                if (await tokens.Where(row => row.Key == key).ExecuteUpdateAsync(
                    set => set
                        .SetProperty(static row => row.Token, token)
                        .SetProperty(static row => row.ExpiresAt, expiresAt)
                        .SetProperty(static row => row.FetchedAt, fetchedAt)
                        .SetProperty(static row => row.ForcedAt, forcedAt)
                        .SetProperty(static row => row.ForcedCount, record.ForcedCount),
                    cancellationToken).ConfigureAwait(false) == 0)
                {
                    tokens.Add(new AccessTokenRow
                    {
                        Key = key,
                        Token = token,
                        ExpiresAt = expiresAt,
                        FetchedAt = fetchedAt,
                        ForcedAt = forcedAt,
                        ForcedCount = record.ForcedCount,
                    });
                    await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(key, duration, cancellationToken);
}
