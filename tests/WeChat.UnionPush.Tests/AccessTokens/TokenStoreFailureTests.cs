using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>A shared store that is down, slow or answers nonsense costs a warning and a token call, never a token.</summary>
public sealed class TokenStoreFailureTests
{
    private const int StoreFailed = 14;
    private const string Key = Town.OfficialAccountAppId;

    private static readonly string[] Operations = ["get", "lease", "set", "release"];

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
    private readonly AccessTokenOptions _options = new();
    private readonly LogBook _log = new();
    private readonly TokenDesk _desk;
    private readonly InMemoryAccessTokenStore _inner;
    private readonly MoodyStore _store;
    private readonly DelayWatch _watch;

    public TokenStoreFailureTests()
    {
        _watch = new DelayWatch(_time);
        _desk = new TokenDesk(_time);
        _inner = new InMemoryAccessTokenStore(_time);
        _store = new MoodyStore(_inner);
    }

    public static TheoryData<string> EachOperation => [.. Operations, "every"];

    public static TheoryData<string> Nonsense =>
        ["expired", "ended before it was fetched", "empty", "far future", "fetched in the far future", "forced in the far future", "default", "refused by the platform"];

    [Theory]
    [MemberData(nameof(EachOperation))]
    public async Task A_store_that_throws_costs_a_warning(string broken)
    {
        _store.Before = (operation, _) => Is(broken, operation) ? throw new IOException("the store is down") : Task.CompletedTask;
        await UseAsync(Cache());
        Assert.InRange(_log.Count(StoreFailed), 1, 8);
        Assert.Equal(LogLevel.Warning, _log.LevelOf(StoreFailed));
    }

    [Theory]
    [MemberData(nameof(EachOperation))]
    public async Task A_store_that_cancels_by_itself_costs_a_warning(string broken)
    {
        _store.Before = (operation, _) => Is(broken, operation) ? throw new TaskCanceledException("the driver gave up") : Task.CompletedTask;
        await UseAsync(Cache());
        Assert.InRange(_log.Count(StoreFailed), 1, 8);
    }

    [Theory]
    [InlineData("get", false)]
    [InlineData("get", true)]
    [InlineData("lease", false)]
    [InlineData("lease", true)]
    [InlineData("set", false)]
    [InlineData("set", true)]
    [InlineData("release", true)]
    [InlineData("every", true)]
    public async Task A_store_that_hangs_is_left_behind_after_its_time(string broken, bool deaf)
    {
        using var hanging = new SemaphoreSlim(0);
        _store.Before = (operation, stop) =>
        {
            if (!Is(broken, operation))
            {
                return Task.CompletedTask;
            }

            hanging.Release();
            return Task.Delay(Timeout.Infinite, deaf ? CancellationToken.None : stop);
        };

        var use = UseAsync(Cache());
        while (!use.IsCompleted)
        {
            // An operation that hangs has set its time limit before, so the clock may move.
            if (await hanging.WaitAsync(TimeSpan.Zero))
            {
                _time.Advance(_options.StoreTimeout);
            }

            await Task.Yield();
        }

        await use;
        Assert.InRange(_log.Count(StoreFailed), 1, 8);
    }

    [Fact]
    public async Task A_store_that_blocks_its_thread_is_left_behind_after_its_time()
    {
        using var blocked = new ManualResetEventSlim();
        using var end = new ManualResetEventSlim();
        _store.Before = (_, _) =>
        {
            blocked.Set();
            end.Wait();
            return Task.CompletedTask;
        };

        var token = Cache().GetAsync(default).AsTask();
        while (!token.IsCompleted)
        {
            if (blocked.IsSet)
            {
                blocked.Reset();
                _time.Advance(_options.StoreTimeout);
            }

            await Task.Yield();
        }

        end.Set();
        Assert.Equal("token-1", (await token).Reveal());
        Assert.InRange(_log.Count(StoreFailed), 1, 4);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lease_that_comes_too_late_is_given_back(bool released)
    {
        var late = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        _store.Before = (operation, _) =>
        {
            if (operation == "release" && !released)
            {
                throw new IOException("and the release fails");
            }

            if (operation != "lease")
            {
                return Task.CompletedTask;
            }

            asked.TrySetResult();
            return late.Task;
        };
        var token = Cache().GetAsync(default).AsTask();
        await asked.Task;
        _time.Advance(_options.StoreTimeout);
        Assert.Equal("token-1", (await token).Reveal());
        Assert.Equal(0, _store.LeasesOut);
        Assert.Equal(1, _log.Count(StoreFailed));

        late.SetResult();
        await Runs.UntilAsync(() => released ? _store.LeasesGiven == 1 && _store.LeasesOut == 0 : _log.Count(StoreFailed) == 2, "the lease was given back");
    }

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task Nonsense_in_the_store_costs_a_token_call(string kind)
    {
        var now = _time.GetUtcNow();
        var hour = TimeSpan.FromHours(1);
        var good = new StoredAccessToken { Token = new AccessToken("token-good", now + hour), FetchedAt = now - hour };
        var nonsense = kind switch
        {
            "expired" => good with { Token = new AccessToken("token-bad", now) },
            "ended before it was fetched" => good with { Token = new AccessToken("token-bad", now - hour), FetchedAt = now + (3 * hour) },
            "empty" => new StoredAccessToken(),
            "far future" => good with { Token = new AccessToken("token-bad", DateTimeOffset.MaxValue) },
            "fetched in the far future" => good with { FetchedAt = DateTimeOffset.MaxValue },
            "forced in the far future" => good with { ForcedAt = DateTimeOffset.MaxValue, ForcedCount = 20 },
            "default" => good with
            {
                Token = new AccessToken("token-bad", DateTimeOffset.MinValue),
                FetchedAt = DateTimeOffset.MinValue,
                ForcedAt = DateTimeOffset.MinValue,
                ForcedCount = -1
            },
            _ => good,
        };
        await _inner.SetAsync(Key, nonsense);
        var cache = Cache();
        var token = await cache.GetAsync(default);
        if (kind == "refused by the platform")
        {
            // Another account's token, as a mixed-up store would give, is refused like any other.
            Assert.Equal("token-good", token.Reveal());
            token = await cache.RenewAsync(token, default);
        }

        Assert.Equal("token-1", token.Reveal());
        Assert.Equal(1, _desk.Calls);
        Assert.Equal(kind.Contains("far future", StringComparison.Ordinal) ? 1 : 0, Math.Min(1, _log.Count(StoreFailed)));
        Assert.Equal("token-1", (await _inner.GetAsync(Key))!.Token!.Reveal());
    }

    [Fact]
    public async Task Eight_processes_without_their_store_cost_a_token_call_each()
    {
        _store.Before = (_, _) => throw new IOException("the store is down");
        var caches = Enumerable.Range(0, 8).Select(_ => Cache()).ToArray();
        await Task.WhenAll(caches.SelectMany(cache => Enumerable.Range(0, 100).Select(_ => Task.Run(() => cache.GetAsync(default).AsTask()))));
        Assert.Equal(8, _desk.Calls);
    }

    private static bool Is(string broken, string operation) => broken == "every" || broken == operation;

    /// <summary>All that happens to a token: a cold start, a refusal, an end.</summary>
    private async Task UseAsync(AccessTokenCache cache)
    {
        Assert.Equal("token-1", (await cache.GetAsync(default)).Reveal());

        // With the wait for a lease that could not be given back.
        var token = await _watch.RunAsync(cache.RenewAsync(await cache.GetAsync(default), default).AsTask());
        Assert.Equal("token-2", token.Reveal());
        Assert.Same(token, await cache.GetAsync(default));
        Assert.Equal(2, _desk.Calls);
    }

    private AccessTokenCache Cache() => new(Key, _options, _desk.RequestAsync, _store, _watch, _log);
}
