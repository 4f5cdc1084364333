using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Caching.Distributed;

namespace WeChat.UnionPush;

/// <summary>
/// Shares tokens over any <see cref="IDistributedCache"/>. Such a cache has no atomic step, so its lease is a hint: two processes that ask in the same
/// instant may both fetch, which the stable channel answers with the same token.
/// </summary>
internal sealed class DistributedAccessTokenStore(IDistributedCache cache, TimeProvider time) : IAccessTokenStore
{
    private const string Prefix = "wechat.unionpush:token:";

    // Longer than any token lives: the count of forced refreshes must outlive the day it counts.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(2);

    private readonly IDistributedCache _cache = cache;
    private readonly TimeProvider _time = time;

    public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var bytes = await _cache.GetAsync(Prefix + key, cancellationToken).ConfigureAwait(false);
        if (bytes is null)
        {
            return null;
        }

        var record = JsonSerializer.Deserialize(bytes, DistributedAccessTokenJson.Default.SharedRecord)
            ?? throw new JsonException("The shared cache holds null in place of an access token record.");
        return new StoredAccessToken
        {
            Token = string.IsNullOrWhiteSpace(record.Token) ? null : new AccessToken(record.Token, record.ExpiresAt),
            FetchedAt = record.FetchedAt,
            ForcedAt = record.ForcedAt,
            ForcedCount = record.ForcedCount,
        };
    }

    public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(
            new SharedRecord
            {
                Token = record.Token?.Value,
                ExpiresAt = record.Token?.ExpiresAt ?? default,
                FetchedAt = record.FetchedAt,
                ForcedAt = record.ForcedAt,
                ForcedCount = record.ForcedCount,
            },
            DistributedAccessTokenJson.Default.SharedRecord);
        await _cache.SetAsync(Prefix + key, bytes, new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = Kept }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        var name = $"{Prefix}{key}:lease";
        if (await HolderAsync(name, cancellationToken).ConfigureAwait(false) is { } other && other.Until > _time.GetUtcNow())
        {
            return null;
        }

        var lease = new Lease(this, name, Guid.NewGuid().ToString("N"));
        return await lease.RenewAsync(duration, cancellationToken).ConfigureAwait(false) ? lease : null;
    }

    /// <summary>The cache's own expiry is a second line: the end is written down, so that it follows the host's clock.</summary>
    private async ValueTask<(string Owner, DateTimeOffset Until)?> HolderAsync(string name, CancellationToken cancellationToken)
    {
        var bytes = await _cache.GetAsync(name, cancellationToken).ConfigureAwait(false);
        var parts = bytes is null ? [] : Encoding.UTF8.GetString(bytes).Split(' ');
        return parts is [var owner, var until] && long.TryParse(until, System.Globalization.CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is > 0 and < 253402300800000
            ? (owner, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds))
            : null;
    }

    private sealed class Lease(DistributedAccessTokenStore store, string name, string owner) : ILease
    {
        public async ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default)
        {
            var now = store._time.GetUtcNow();
            if (await store.HolderAsync(name, cancellationToken).ConfigureAwait(false) is { } holder && holder.Owner != owner && holder.Until > now)
            {
                return false;
            }

            var value = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{owner} {(now + duration).ToUnixTimeMilliseconds()}");
            await store._cache.SetAsync(name, Encoding.UTF8.GetBytes(value), new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = duration }, cancellationToken).ConfigureAwait(false);

            // Of two that wrote at once, the cache kept one.
            return await store.HolderAsync(name, cancellationToken).ConfigureAwait(false) is { } kept && kept.Owner == owner;
        }

        public async ValueTask DisposeAsync()
        {
            if (await store.HolderAsync(name, CancellationToken.None).ConfigureAwait(false) is { } holder && holder.Owner == owner)
            {
                await store._cache.RemoveAsync(name, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}

internal sealed class SharedRecord
{
    public string? Token { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset FetchedAt { get; set; }

    public DateTimeOffset? ForcedAt { get; set; }

    public int ForcedCount { get; set; }
}

[JsonSerializable(typeof(SharedRecord))]
internal sealed partial class DistributedAccessTokenJson : JsonSerializerContext;
