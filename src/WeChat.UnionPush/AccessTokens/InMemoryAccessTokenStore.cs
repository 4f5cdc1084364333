using System.Collections.Concurrent;

namespace WeChat.UnionPush;

/// <summary>Tokens shared within this process only.</summary>
internal sealed class InMemoryAccessTokenStore(TimeProvider time) : IAccessTokenStore
{
    private readonly ConcurrentDictionary<string, StoredAccessToken> _records = new(StringComparer.Ordinal);
    private readonly InMemoryLeases _leases = new(time);

    public ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_records.GetValueOrDefault(key));
    }

    public ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _records[key] = record;
        return default;
    }

    public ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_leases.TryTake(key, duration));
    }
}
