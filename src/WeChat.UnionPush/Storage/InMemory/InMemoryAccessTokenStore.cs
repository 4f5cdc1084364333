using System.Collections.Concurrent;

namespace WeChat.UnionPush.Storage;

/// <summary>Tokens that the registrations of one process share.</summary>
internal sealed class InMemoryAccessTokenStore(TimeProvider timeProvider) : IAccessTokenStore
{
    private readonly ConcurrentDictionary<string, StoredAccessToken> _records = new(StringComparer.Ordinal);
    private readonly InMemoryLeases _leases = new(timeProvider);

    public ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_records.GetValueOrDefault(key));
    }

    public ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(record);
        cancellationToken.ThrowIfCancellationRequested();
        _records[key] = record;
        return ValueTask.CompletedTask;
    }

    public ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_leases.TryTake(key, duration));
    }
}
