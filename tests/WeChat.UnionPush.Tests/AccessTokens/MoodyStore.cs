namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>A shared store whose every operation first does what the test says: throws, hangs, waits.</summary>
internal sealed class MoodyStore(IAccessTokenStore inner) : IAccessTokenStore
{
    private int _given;
    private int _ended;

    /// <summary>Done before each operation, with its name: <c>get</c>, <c>set</c>, <c>lease</c> or <c>release</c>.</summary>
    public Func<string, CancellationToken, Task>? Before { get; set; }

    /// <summary>What a read gives instead.</summary>
    public Func<StoredAccessToken?, StoredAccessToken?>? Instead { get; set; }

    public int LeasesGiven => Volatile.Read(ref _given);

    /// <summary>Leases that were given and have not been given back.</summary>
    public int LeasesOut => Volatile.Read(ref _given) - Volatile.Read(ref _ended);

    public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        await BeforeAsync("get", cancellationToken);
        var record = await inner.GetAsync(key, CancellationToken.None);
        return Instead is null ? record : Instead(record);
    }

    public async ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        await BeforeAsync("set", cancellationToken);
        await inner.SetAsync(key, record, CancellationToken.None);
    }

    public async ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        await BeforeAsync("lease", cancellationToken);
        if (await inner.TryLeaseAsync(key, duration, CancellationToken.None) is not { } lease)
        {
            return null;
        }

        Interlocked.Increment(ref _given);
        return new Lease(this, lease);
    }

    private Task BeforeAsync(string operation, CancellationToken cancellationToken) => Before?.Invoke(operation, cancellationToken) ?? Task.CompletedTask;

    private sealed class Lease(MoodyStore store, ILease inner) : ILease
    {
        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) => inner.RenewAsync(duration, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await store.BeforeAsync("release", CancellationToken.None);
            await inner.DisposeAsync();
            Interlocked.Increment(ref store._ended);
        }
    }
}
