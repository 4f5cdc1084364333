using StackExchange.Redis;

namespace WeChat.UnionPush.Redis;

/// <summary>The connection to Redis: made at the first call, and again by itself whenever it broke.</summary>
internal sealed class RedisDatabase : IAsyncDisposable, IDisposable
{
    /// <summary>Before every key, so that the library does not meet others in one database.</summary>
    public const string Prefix = "unionpush:";

    private static readonly TimeSpan CommandTime = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly ConfigurationOptions? _options;
    private Task<IConnectionMultiplexer>? _connection;

    public RedisDatabase(ConfigurationOptions options) => _options = options;

    public RedisDatabase(IConnectionMultiplexer connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _connection = Task.FromResult(connection);
    }

    /// <exception cref="ArgumentException">It is empty or cannot be read.</exception>
    public static ConfigurationOptions Read(string configuration)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        var options = ConfigurationOptions.Parse(configuration);
        options.ClientName ??= "WeChat.UnionPush";
        if (!configuration.Contains("abortConnect", StringComparison.OrdinalIgnoreCase))
        {
            options.AbortOnConnectFail = false;
        }

        if (!configuration.Contains("Timeout", StringComparison.OrdinalIgnoreCase))
        {
            options.AsyncTimeout = options.SyncTimeout = options.ConnectTimeout = (int)CommandTime.TotalMilliseconds;
        }

        // What cannot be asked now is not asked later, when nobody waits for it any more.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        return options;
    }

    /// <summary>Runs a script, or anything else that Redis does at once.</summary>
    /// <exception cref="UnionPushStorageException">Redis cannot be reached, does not answer in time, or refuses.</exception>
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var connection = await ConnectAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            return await command(connection.GetDatabase()).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException or RedisConnectionException)
        {
            throw new UnionPushStorageException(
                $"Redis did not do what it was asked: it cannot be reached, is slow, or refuses this user. The driver says: {exception.Message}",
                exception is not RedisServerException,
                exception);
        }
    }

    /// <summary>The time that scripts are told; 0 where they take the server's own, which all machines share.</summary>
    /// <param name="time">The clock of the process.</param>
    /// <param name="unit">Ticks of the unit.</param>
    public static long Now(TimeProvider time, long unit) => time == TimeProvider.System ? 0 : (time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / unit;

    public async ValueTask DisposeAsync()
    {
        if (_options is not null && _connection is { } connection)
        {
            try
            {
                await (await connection.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
            catch (RedisException)
            {
                // It never was connected.
            }
        }
    }

    public void Dispose()
    {
        if (_options is not null && _connection is { IsCompletedSuccessfully: true } connection)
        {
            connection.Result.Dispose();
        }
    }

    private Task<IConnectionMultiplexer> ConnectAsync()
    {
        lock (_gate)
        {
            return _connection is { IsFaulted: false, IsCanceled: false } connection ? connection : _connection = ConnectOnceAsync();
        }

        async Task<IConnectionMultiplexer> ConnectOnceAsync() => await ConnectionMultiplexer.ConnectAsync(_options!).ConfigureAwait(false);
    }
}
