using System.Globalization;
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
        // Caches in memory take a token and never look at it.
        cancellationToken.ThrowIfCancellationRequested();
        var bytes = await _cache.GetAsync(Prefix + key, cancellationToken).ConfigureAwait(false);
        if (bytes is null)
        {
            return null;
        }

        // The key is in the record as well: a cache that gives somebody else's record must not lend out somebody else's token.
        var record = JsonSerializer.Deserialize(bytes, DistributedAccessTokenJson.Default.SharedRecord);
        return record is not null && string.Equals(record.Key, key, StringComparison.Ordinal)
            ? new StoredAccessToken
            {
                Token = string.IsNullOrWhiteSpace(record.Token) ? null : new AccessToken(record.Token, record.ExpiresAt),
                FetchedAt = record.FetchedAt,
                ForcedAt = record.ForcedAt,
                ForcedCount = record.ForcedCount,
            }
            : throw new InvalidDataException($"The shared cache holds something else than the access token record of {key} under its key.");
    }

    public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        cancellationToken.ThrowIfCancellationRequested();
        var bytes = JsonSerializer.SerializeToUtf8Bytes(
            new SharedRecord
            {
                Key = key,
                Token = record.Token?.Reveal(),
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
        cancellationToken.ThrowIfCancellationRequested();
        var lease = new Lease(this, $"{Prefix}{key}:lease");
        return await lease.TryTakeAsync(duration, cancellationToken).ConfigureAwait(false) ? lease : null;
    }

    private sealed class Lease(DistributedAccessTokenStore store, string name) : ILease
    {
        private readonly string _owner = Guid.NewGuid().ToString("N");

        public async Task<bool> TryTakeAsync(TimeSpan duration, CancellationToken cancellationToken) =>
            await HolderAsync(cancellationToken).ConfigureAwait(false) is null && await WriteAsync(duration, cancellationToken).ConfigureAwait(false);

        public async ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
            await IsHeldAsync(cancellationToken).ConfigureAwait(false) && await WriteAsync(duration, cancellationToken).ConfigureAwait(false);

        public async ValueTask DisposeAsync()
        {
            if (await IsHeldAsync(CancellationToken.None).ConfigureAwait(false))
            {
                await store._cache.RemoveAsync(name, CancellationToken.None).ConfigureAwait(false);
            }
        }

        private async Task<bool> WriteAsync(TimeSpan duration, CancellationToken cancellationToken)
        {
            var value = string.Create(CultureInfo.InvariantCulture, $"{_owner} {(store._time.GetUtcNow() + duration).ToUnixTimeMilliseconds()}");
            try
            {
                await store._cache.SetAsync(
                    name,
                    Encoding.UTF8.GetBytes(value),
                    new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = duration },
                    cancellationToken).ConfigureAwait(false);

                // Of two that wrote at once, the cache kept one.
                return await IsHeldAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Whether it was written is not known, and an attempt that was given up must leave nothing behind.
                await DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        private async Task<bool> IsHeldAsync(CancellationToken cancellationToken) =>
            string.Equals(await HolderAsync(cancellationToken).ConfigureAwait(false), _owner, StringComparison.Ordinal);

        /// <summary>Who holds it. The end is written down beside the cache's own expiry, so that it follows the host's clock.</summary>
        private async Task<string?> HolderAsync(CancellationToken cancellationToken)
        {
            var bytes = await store._cache.GetAsync(name, cancellationToken).ConfigureAwait(false);
            var parts = bytes is null ? [] : Encoding.UTF8.GetString(bytes).Split(' ');
            return parts is [var owner, var until]
                && long.TryParse(until, CultureInfo.InvariantCulture, out var milliseconds)
                && milliseconds > store._time.GetUtcNow().ToUnixTimeMilliseconds()
                ? owner
                : null;
        }
    }
}

internal sealed class SharedRecord
{
    public string? Key { get; set; }

    public string? Token { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset FetchedAt { get; set; }

    public DateTimeOffset? ForcedAt { get; set; }

    public int ForcedCount { get; set; }
}

[JsonSerializable(typeof(SharedRecord))]
internal sealed partial class DistributedAccessTokenJson : JsonSerializerContext;
