using System.Text.Json;
using System.Text.Json.Serialization;
using StackExchange.Redis;

namespace WeChat.UnionPush.Redis;

/// <summary>Access tokens, one key for each account and channel.</summary>
internal sealed class RedisAccessTokenStore(RedisDatabase database, TimeProvider time) : IAccessTokenStore
{
    private const string Prefix = RedisDatabase.Prefix + "token:";

    // Longer than any token lives: the count of forced refreshes must outlive the day it counts.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(2);

    private readonly RedisLeases _leases = new(database, time, "lease:token:");

    public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var stored = await database.RunAsync(redis => redis.StringGetAsync(Prefix + key), cancellationToken).ConfigureAwait(false);
        if (stored.IsNull)
        {
            return null;
        }

        TokenRecord? record;
        try
        {
            record = JsonSerializer.Deserialize((byte[])stored!, RedisJson.Default.TokenRecord);
        }
        catch (JsonException exception)
        {
            throw new UnionPushStorageException($"Redis holds something else than an access token record under {Prefix}{key}. Delete the key.", isTransient: false, exception);
        }

        return record is null ? null : new StoredAccessToken
        {
            Token = record.Token is null ? null : new AccessToken(record.Token, record.ExpiresAt),
            FetchedAt = record.FetchedAt,
            ForcedAt = record.ForcedAt,
            ForcedCount = record.ForcedCount,
        };
    }

    public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(record);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(
            new TokenRecord
            {
                Token = record.Token?.Reveal(),
                ExpiresAt = record.Token?.ExpiresAt ?? default,
                FetchedAt = record.FetchedAt,
                ForcedAt = record.ForcedAt,
                ForcedCount = record.ForcedCount,
            },
            RedisJson.Default.TokenRecord);
        await database.RunAsync(redis => redis.StringSetAsync(Prefix + key, bytes, Kept), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default) =>
        _leases.TryTakeAsync(key, duration, cancellationToken);
}

internal sealed class TokenRecord
{
    public string? Token { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset FetchedAt { get; set; }

    public DateTimeOffset? ForcedAt { get; set; }

    public int ForcedCount { get; set; }
}

[JsonSerializable(typeof(TokenRecord))]
internal sealed partial class RedisJson : JsonSerializerContext;
