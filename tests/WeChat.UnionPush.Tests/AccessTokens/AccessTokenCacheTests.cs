using System.Reflection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

public sealed class AccessTokenCacheTests
{
    private const int Fetched = 10;
    private const int Refused = 11;
    private const int EarlyRefreshFailed = 12;
    private const int Forced = 13;
    private const int SecondOwner = 15;

    private static readonly string[] RefusedTwice = ["token-1", "token-2"];

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
    private readonly AccessTokenOptions _options = new();
    private readonly LogBook _log = new();
    private readonly TokenDesk _desk;
    private readonly InMemoryAccessTokenStore _store;
    private readonly DelayWatch _watch;

    public AccessTokenCacheTests()
    {
        _watch = new DelayWatch(_time);
        _desk = new TokenDesk(_time);
        _store = new InMemoryAccessTokenStore(_time);
    }

    [Fact]
    public async Task A_hit_allocates_nothing()
    {
        var provider = new CachingAccessTokenProvider(Cache(), Cache());
        IAccessTokenProvider tokens = provider;
        await tokens.GetAsync(Town.OfficialAccountAppId);
        Hit(tokens, 1000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var hits = Hit(tokens, 1000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(1000, hits);
        Assert.Equal(0, allocated);

        static int Hit(IAccessTokenProvider tokens, int count)
        {
            var hits = 0;
            for (var i = 0; i < count; i++)
            {
                var token = tokens.GetAsync(Town.OfficialAccountAppId);
                hits += token.IsCompletedSuccessfully ? 1 : 0;
            }

            return hits;
        }
    }

    [Fact]
    public async Task A_hit_waits_for_no_lock()
    {
        var cache = Cache();
        await cache.GetAsync(default);
        var gate = typeof(AccessTokenCache).GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Single(field => field.FieldType == typeof(object)).GetValue(cache)!;
        using var held = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var holder = Task.Run(() =>
        {
            lock (gate)
            {
                held.Set();
                done.Wait();
            }
        });
        held.Wait();

        // Were the lock taken, this would never return.
        Assert.Equal("token-1", (await cache.GetAsync(default)).Reveal());
        done.Set();
        await holder;
    }

    [Fact]
    public async Task A_thousand_callers_on_a_cold_start_share_one_fetch()
    {
        var answer = new TaskCompletionSource<AccessToken>();
        _desk.Answer = (_, _, _) => answer.Task;
        var cache = Cache();
        var callers = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => cache.GetAsync(default).AsTask())).ToArray();
        await Runs.UntilAsync(() => _desk.Calls == 1, "the fetch began");
        answer.SetResult(_desk.Token("a"));

        Assert.All(await Task.WhenAll(callers), token => Assert.Equal("token-a", token.Reveal()));
        Assert.Equal(1, _desk.Calls);
    }

    [Fact]
    public async Task Processes_that_share_a_store_share_one_fetch()
    {
        var answer = new TaskCompletionSource<AccessToken>();
        _desk.Answer = (_, _, _) => answer.Task;
        var callers = Enumerable.Range(0, 8).Select(_ => Cache())
            .SelectMany(cache => Enumerable.Range(0, 50).Select(_ => Task.Run(() => cache.GetAsync(default).AsTask()))).ToArray();
        await Runs.UntilAsync(() => _desk.Calls == 1, "the fetch began");

        // One holds the lease and asks; the seven others wait for the clock, and find what it fetched.
        await Runs.UntilAsync(() => _watch.Delays.Count == 7, "the others wait");
        answer.SetResult(_desk.Token("a"));

        // Else the clock would come to the store's limit while the record is still being saved.
        await Runs.UntilAsync(async () => await _store.GetAsync(Town.OfficialAccountAppId) is { Token: not null }, "what it fetched is in the store");
        Assert.All(await _watch.RunAsync(Task.WhenAll(callers)), token => Assert.Equal("token-a", token.Reveal()));
        Assert.Equal(1, _desk.Calls);
    }

    [Fact]
    public async Task The_old_token_serves_while_its_successor_is_on_the_way_and_one_is_fetched()
    {
        var answer = new TaskCompletionSource<AccessToken>();
        var cache = Cache();
        var old = await cache.GetAsync(default);
        _desk.Answer = (_, _, _) => answer.Task;
        _time.SetUtcNow(old.ExpiresAt - TimeSpan.FromMinutes(3));

        for (var i = 0; i < 1000; i++)
        {
            var token = cache.GetAsync(default);
            Assert.True(token.IsCompletedSuccessfully);
            Assert.Same(old, await token);
        }

        await Runs.UntilAsync(() => _desk.Calls == 2, "the early fetch began");
        answer.SetResult(_desk.Token("new"));
        await Runs.UntilAsync(() => cache.GetAsync(default) is { IsCompletedSuccessfully: true } got && got.Result.Reveal() == "token-new", "the new token serves");
        Assert.Equal(2, _desk.Calls);
    }

    [Fact]
    public async Task Nothing_is_fetched_before_the_window_and_each_process_begins_somewhere_in_its_first_minute()
    {
        var caches = Enumerable.Range(0, 200).Select(_ => Cache(store: new InMemoryAccessTokenStore(_time))).ToArray();
        var end = (await caches[0].GetAsync(default)).ExpiresAt;
        foreach (var cache in caches)
        {
            await cache.GetAsync(default);
        }

        _time.SetUtcNow(end - _options.RefreshBefore - TimeSpan.FromTicks(1));
        Assert.All(caches, cache => Assert.True(cache.HasToken));
        _time.SetUtcNow(end - _options.RefreshBefore + TimeSpan.FromSeconds(30));
        Assert.InRange(caches.Count(cache => cache.HasToken), 1, 199);
        _time.SetUtcNow(end - _options.RefreshBefore + TimeSpan.FromMinutes(1));
        Assert.All(caches, cache => Assert.False(cache.HasToken));
        Assert.Equal(200, _desk.Calls);
    }

    [Theory]
    [InlineData(345)]
    [InlineData(60)]
    [InlineData(2)]
    [InlineData(1)]
    public async Task A_short_life_is_no_reason_to_ask_in_a_loop(int seconds)
    {
        _desk.Lifetime = TimeSpan.FromSeconds(seconds);
        var cache = Cache();
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal("token-1", (await cache.GetAsync(default)).Reveal());
        }

        _time.Advance((_desk.Lifetime / 2) - TimeSpan.FromTicks(1));
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal("token-1", (await cache.GetAsync(default)).Reveal());
        }

        Assert.Equal(1, _desk.Calls);
        _time.Advance(_desk.Lifetime);
        Assert.Equal("token-2", (await cache.GetAsync(default)).Reveal());
        Assert.Equal(2, _desk.Calls);
    }

    [Fact]
    public async Task A_failed_early_refresh_keeps_the_old_token_and_waits_before_it_tries_again()
    {
        var cache = Cache();
        var old = await cache.GetAsync(default);
        _desk.Answer = (_, _, _) => throw Failure(WeChatErrorClass.Transient);
        _time.SetUtcNow(old.ExpiresAt - TimeSpan.FromMinutes(3));

        Assert.Same(old, await cache.GetAsync(default));
        await Runs.UntilAsync(() => _log.Count(EarlyRefreshFailed) == 1, "the early fetch failed");
        for (var i = 0; i < 1000; i++)
        {
            Assert.Same(old, await cache.GetAsync(default));
        }

        _time.Advance(_options.RetryDelay - TimeSpan.FromTicks(1));
        Assert.Same(old, await cache.GetAsync(default));
        Assert.Equal(2, _desk.Calls);
        Assert.NotNull(cache.Status.LastFailure);

        _desk.Answer = null;
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Same(old, await cache.GetAsync(default));
        await Runs.UntilAsync(() => cache.GetAsync(default) is { IsCompletedSuccessfully: true } got && got.Result.Reveal() == "token-3", "the next attempt brought a token");
        Assert.Null(cache.Status.LastFailure);
    }

    [Fact]
    public async Task A_platform_that_still_hands_out_the_old_token_in_its_window_is_not_asked_in_a_loop()
    {
        var cache = Cache();
        var old = await cache.GetAsync(default);
        _desk.Answer = (_, _, _) => Task.FromResult(old);
        _time.SetUtcNow(old.ExpiresAt - TimeSpan.FromMinutes(3));
        await cache.GetAsync(default);
        await Runs.UntilAsync(() => cache.HasToken, "the early fetch ended");
        for (var i = 0; i < 1000; i++)
        {
            Assert.Same(old, await cache.GetAsync(default));
        }

        _time.Advance(_options.RetryDelay - TimeSpan.FromTicks(1));
        Assert.True(cache.HasToken);
        Assert.Equal(2, _desk.Calls);
    }

    [Fact]
    public async Task The_old_token_serves_to_its_very_end_and_not_a_moment_longer()
    {
        var cache = Cache();
        var old = await cache.GetAsync(default);
        _desk.Answer = (_, _, _) => throw Failure(WeChatErrorClass.Transient);
        _time.SetUtcNow(old.ExpiresAt - TimeSpan.FromTicks(1));
        Assert.Same(old, await cache.GetAsync(default));
        await Runs.UntilAsync(() => _log.Count(EarlyRefreshFailed) == 1, "the early fetch failed");

        _time.Advance(TimeSpan.FromTicks(1));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => cache.GetAsync(default).AsTask());
        Assert.Equal(WeChatErrorClass.Transient, failure.ErrorClass);
        _desk.Answer = null;
        Assert.Equal("token-4", (await cache.GetAsync(default)).Reveal());
    }

    [Fact]
    public async Task A_thousand_refusals_of_one_token_cost_one_fetch()
    {
        var cache = Cache();
        var refused = await cache.GetAsync(default);

        var renewed = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Task.Run(() => cache.RenewAsync(refused, default).AsTask())));

        Assert.All(renewed, token => Assert.Equal("token-2", token.Reveal()));
        Assert.Equal(2, _desk.Calls);
        Assert.Equal(1, _log.Count(Refused));
    }

    [Fact]
    public async Task Late_refusals_of_a_token_whose_successor_is_cached_cost_nothing()
    {
        var cache = Cache();
        var refused = await cache.GetAsync(default);
        var successor = await cache.RenewAsync(refused, default);

        for (var i = 0; i < 50; i++)
        {
            Assert.Same(successor, await cache.RenewAsync(refused, default));
            Assert.Same(successor, await cache.RenewAsync(new AccessToken("token-of-long-ago", _time.GetUtcNow()), default));
        }

        Assert.Equal(2, _desk.Calls);
    }

    [Fact]
    public async Task A_token_that_another_process_renewed_already_is_taken_from_the_store()
    {
        var here = Cache();
        var there = Cache();
        var refused = await here.GetAsync(default);
        Assert.Equal(refused.Reveal(), (await there.GetAsync(default)).Reveal());

        var renewed = await here.RenewAsync(refused, default);
        Assert.Equal(renewed.Reveal(), (await there.RenewAsync(refused, default)).Reveal());
        Assert.Equal(2, _desk.Calls);
    }

    [Fact]
    public async Task Whoever_renews_while_an_early_refresh_brings_the_refused_token_gets_another_one()
    {
        var early = new TaskCompletionSource<AccessToken>();
        var cache = Cache();
        var old = await cache.GetAsync(default);
        _desk.Answer = (call, forced, _) => call == 2 ? early.Task : Task.FromResult(forced ? _desk.Token("forced") : old);
        _time.SetUtcNow(old.ExpiresAt - TimeSpan.FromMinutes(3));
        await cache.GetAsync(default);
        await Runs.UntilAsync(() => _desk.Calls == 2, "the early fetch began");

        var renewals = Enumerable.Range(0, 50).Select(_ => cache.RenewAsync(old, default).AsTask()).ToArray();
        Assert.All(renewals, renewal => Assert.False(renewal.IsCompleted));
        early.SetResult(old);

        Assert.All(await Task.WhenAll(renewals), token => Assert.Equal("token-forced", token.Reveal()));
        Assert.Equal("token-forced", (await cache.GetAsync(default)).Reveal());
        Assert.Equal(1, _desk.Forced);
    }

    [Fact]
    public async Task Whoever_renews_while_an_early_refresh_fails_never_gets_the_refused_token()
    {
        var early = new TaskCompletionSource<AccessToken>();
        var cache = Cache();
        var old = await cache.GetAsync(default);
        _desk.Answer = (call, _, _) => call == 2 ? early.Task : Task.FromResult(_desk.Token("new"));
        _time.SetUtcNow(old.ExpiresAt - TimeSpan.FromMinutes(3));
        await cache.GetAsync(default);
        await Runs.UntilAsync(() => _desk.Calls == 2, "the early fetch began");

        var renewal = cache.RenewAsync(old, default).AsTask();
        early.SetException(Failure(WeChatErrorClass.Transient));

        await Assert.ThrowsAsync<WeChatApiException>(() => renewal);
        Assert.Equal("token-new", (await cache.GetAsync(default)).Reveal());
    }

    [Fact]
    public async Task A_platform_that_keeps_returning_the_refused_token_is_forced_once()
    {
        var cache = Cache();
        var refused = await cache.GetAsync(default);
        _desk.Answer = (_, forced, _) => Task.FromResult(forced ? _desk.Token("forced") : refused);

        Assert.Equal("token-forced", (await cache.RenewAsync(refused, default)).Reveal());
        Assert.Equal(1, _desk.Forced);
        Assert.Equal(3, _desk.Calls);
        Assert.Equal(1, _log.Count(Forced));
        Assert.Equal(1, (await _store.GetAsync(Town.OfficialAccountAppId))!.ForcedCount);
    }

    [Fact]
    public async Task A_refused_token_that_comes_back_even_when_forced_ends_in_a_clear_error_and_no_loop()
    {
        var cache = Cache();
        var refused = await cache.GetAsync(default);
        _desk.Answer = (_, _, _) => Task.FromResult(refused);

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(refused, default).AsTask());
        Assert.Equal(WeChatErrorClass.TokenInvalid, failure.ErrorClass);
        Assert.Equal(TimeSpan.FromSeconds(30), failure.RetryAfter);
        Assert.Contains("even after a forced refresh", failure.Message, StringComparison.Ordinal);
        Assert.Contains(Town.OfficialAccountAppId, failure.Message, StringComparison.Ordinal);
        Assert.Equal((3, 1), (_desk.Calls, _desk.Forced));

        for (var i = 0; i < 100; i++)
        {
            await Assert.ThrowsAsync<WeChatApiException>(() => cache.GetAsync(default).AsTask());
            await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(refused, default).AsTask());
        }

        Assert.Equal((3, 1), (_desk.Calls, _desk.Forced));
    }

    [Fact]
    public async Task A_forced_refresh_is_counted_before_it_is_made()
    {
        var cache = Cache();
        var refused = await cache.GetAsync(default);
        _desk.Answer = (_, forced, _) => forced ? throw Failure(WeChatErrorClass.Transient) : Task.FromResult(refused);

        await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(refused, default).AsTask());
        var record = await _store.GetAsync(Town.OfficialAccountAppId);
        Assert.Equal((1, _time.GetUtcNow()), (record!.ForcedCount, record.ForcedAt));
        Assert.Null(record.Token);
    }

    [Fact]
    public async Task Two_forced_refreshes_lie_30_seconds_apart()
    {
        var cache = Cache();
        var current = await cache.GetAsync(default);
        _desk.Answer = (call, forced, _) => Task.FromResult(forced ? current = _desk.Token($"{call}") : current);
        var second = await cache.RenewAsync(current, default);
        _time.Advance(TimeSpan.FromSeconds(10));

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(second, default).AsTask());
        Assert.Contains("less than 30 s ago", failure.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(20), failure.RetryAfter);
        Assert.Equal(1, _desk.Forced);

        // In another process too, and across midnight as well as within a day.
        await Assert.ThrowsAsync<WeChatApiException>(async () => await (Cache() is var other ? other.RenewAsync(second, default) : default));
        Assert.Equal(1, _desk.Forced);

        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.NotEqual(second.Reveal(), (await cache.GetAsync(default)).Reveal());
        Assert.Equal(2, _desk.Forced);
    }

    [Fact]
    public async Task The_30_seconds_hold_across_midnight()
    {
        _time.SetUtcNow(new DateTimeOffset(2026, 11, 22, 15, 59, 50, TimeSpan.Zero));
        var cache = Cache();
        var current = await cache.GetAsync(default);
        _desk.Answer = (call, forced, _) => Task.FromResult(forced ? current = _desk.Token($"{call}") : current);
        var second = await cache.RenewAsync(current, default);
        _time.Advance(TimeSpan.FromSeconds(20));

        await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(second, default).AsTask());
        Assert.Equal(1, _desk.Forced);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_21st_forced_refresh_of_a_day_is_not_attempted_not_even_after_a_restart(bool restart)
    {
        var cache = Cache();
        var current = await cache.GetAsync(default);
        _desk.Answer = (call, forced, _) => Task.FromResult(forced ? current = _desk.Token($"{call}") : current);
        for (var i = 0; i < 20; i++)
        {
            await cache.RenewAsync(current, default);
            _time.Advance(TimeSpan.FromSeconds(31));
            cache = restart ? Cache() : cache;
            Assert.Equal(current.Reveal(), (await cache.GetAsync(default)).Reveal());
        }

        Assert.Equal(20, _desk.Forced);
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(current, default).AsTask());
        Assert.Contains("20 forced refreshes are used up", failure.Message, StringComparison.Ordinal);
        Assert.Equal(WeChatErrorClass.TokenInvalid, failure.ErrorClass);
        await Assert.ThrowsAsync<WeChatApiException>(() => Cache().RenewAsync(current, default).AsTask());
        Assert.Equal(20, _desk.Forced);

        // Midnight in China; the token lives from there, so that it is not simply at its end.
        _time.SetUtcNow(new DateTimeOffset(2026, 11, 22, 16, 0, 0, TimeSpan.Zero));
        current = _desk.Token("of the evening");
        var tomorrow = Cache();
        await _store.SetAsync(Town.OfficialAccountAppId, (await _store.GetAsync(Town.OfficialAccountAppId))! with { Token = current, FetchedAt = _time.GetUtcNow() });
        Assert.Equal(current.Reveal(), (await tomorrow.GetAsync(default)).Reveal());
        await tomorrow.RenewAsync(current, default);
        Assert.Equal(21, _desk.Forced);
        Assert.Equal(1, (await _store.GetAsync(Town.OfficialAccountAppId))!.ForcedCount);
    }

    [Fact]
    public async Task What_a_process_forced_counts_where_the_store_forgets_it()
    {
        var forgetful = new MoodyStore(_store) { Instead = _ => null };
        var cache = Cache(store: forgetful);
        var current = await cache.GetAsync(default);
        _desk.Answer = (call, forced, _) => Task.FromResult(forced ? current = _desk.Token($"{call}") : current);
        for (var i = 0; i < 25; i++)
        {
            var before = _desk.Forced;
            var failure = await Record.ExceptionAsync(() => cache.RenewAsync(current, default).AsTask());
            Assert.Equal(i >= 20, failure is WeChatApiException);
            Assert.Equal(i >= 20 ? before : before + 1, _desk.Forced);
            _time.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(20, _desk.Forced);
    }

    [Fact]
    public async Task A_count_that_makes_no_sense_neither_opens_the_budget_nor_breaks_the_refresh()
    {
        var cache = Cache();
        var current = await cache.GetAsync(default);
        _desk.Answer = (call, forced, _) => Task.FromResult(forced ? current = _desk.Token($"{call}") : current);
        await _store.SetAsync(Town.OfficialAccountAppId, new StoredAccessToken { ForcedAt = _time.GetUtcNow() - TimeSpan.FromHours(1), ForcedCount = int.MinValue });
        Assert.Equal("token-3", (await cache.RenewAsync(current, default)).Reveal());

        _time.Advance(TimeSpan.FromMinutes(1));
        await _store.SetAsync(Town.OfficialAccountAppId, new StoredAccessToken { ForcedAt = _time.GetUtcNow() - TimeSpan.FromMinutes(2), ForcedCount = int.MaxValue });
        await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(current, default).AsTask());
        Assert.Equal(1, _desk.Forced);
    }

    [Theory]
    [InlineData(40125)]
    [InlineData(40164)]
    [InlineData(40243)]
    [InlineData(50004)]
    [InlineData(45009)]
    public async Task A_refusal_is_remembered_for_its_pause_and_then_tried_again(int code)
    {
        _desk.Answer = (_, _, _) => throw WeChatApiErrors.Create("/cgi-bin/stable_token", code, "invalid ip 203.0.113.7, not in whitelist rid: 6401d3a9-2c8f6a11-0f0e1d2c");
        var cache = Cache();
        for (var i = 0; i < 100; i++)
        {
            var failure = await Assert.ThrowsAsync<WeChatApiException>(() => cache.GetAsync(default).AsTask());
            Assert.Equal(code, failure.ErrorCode!.Value.Value);
            Assert.Equal("6401d3a9-2c8f6a11-0f0e1d2c", failure.RequestId);
        }

        Assert.Equal(1, _desk.Calls);
        Assert.True(cache.Status.IsRefused);
        _time.Advance(_options.RefusalPause - TimeSpan.FromTicks(1));
        await Assert.ThrowsAsync<WeChatApiException>(() => cache.GetAsync(default).AsTask());
        Assert.Equal(1, _desk.Calls);

        _desk.Answer = null;
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(cache.Status.IsRefused);
        Assert.Equal("token-2", (await cache.GetAsync(default)).Reveal());
        Assert.Null(cache.Status.LastFailure);
    }

    [Fact]
    public async Task A_refusal_is_remembered_when_the_old_token_has_ended_too()
    {
        var cache = Cache();
        var old = await cache.GetAsync(default);
        _time.SetUtcNow(old.ExpiresAt);
        _desk.Answer = (_, _, _) => throw WeChatApiErrors.Create("/cgi-bin/stable_token", 40125, "invalid appsecret");
        for (var i = 0; i < 100; i++)
        {
            await Assert.ThrowsAsync<WeChatApiException>(() => cache.GetAsync(default).AsTask());
            await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(old, default).AsTask());
            await Assert.ThrowsAsync<WeChatApiException>(() => cache.RenewAsync(new AccessToken("token-of-long-ago", _time.GetUtcNow()), default).AsTask());
        }

        Assert.Equal(2, _desk.Calls);
    }

    [Fact]
    public async Task A_platform_that_cannot_be_reached_is_asked_again_by_the_next_caller()
    {
        _desk.Answer = (_, _, _) => throw Failure(WeChatErrorClass.Transient);
        var cache = Cache();
        await Assert.ThrowsAsync<WeChatApiException>(() => cache.GetAsync(default).AsTask());
        _desk.Answer = null;
        Assert.Equal("token-2", (await cache.GetAsync(default)).Reveal());
    }

    [Fact]
    public async Task What_a_handler_of_the_host_throws_arrives_as_a_WeChatApiException_without_its_secrets()
    {
        _desk.Answer = (_, _, _) => throw new InvalidOperationException($"GET https://api.weixin.qq.com/cgi-bin/token?secret={Secrets.OfficialAccount} was refused by the proxy");
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => Cache().GetAsync(default).AsTask());

        Assert.Equal(WeChatErrorClass.Transient, failure.ErrorClass);
        Assert.Contains("refused by the proxy", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secrets.Marker, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_gives_up_harms_nobody()
    {
        var answer = new TaskCompletionSource<AccessToken>();
        _desk.Answer = (_, _, _) => answer.Task;
        var cache = Cache();
        using var gone = new CancellationTokenSource();
        var leaving = cache.GetAsync(gone.Token).AsTask();
        var staying = cache.GetAsync(default).AsTask();
        await gone.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal(gone.Token, cancelled.CancellationToken);
        answer.SetResult(_desk.Token("a"));
        Assert.Equal("token-a", (await staying).Reveal());
        Assert.Equal(1, _desk.Calls);
    }

    [Fact]
    public async Task A_caller_that_has_given_up_already_starts_nothing()
    {
        var cache = Cache();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.GetAsync(new CancellationToken(canceled: true)).AsTask());
        Assert.Equal(0, _desk.Calls);
    }

    [Fact]
    public async Task A_platform_call_that_never_ends_is_left_behind_in_time()
    {
        _desk.Answer = (_, _, _) => new TaskCompletionSource<AccessToken>().Task;
        var cache = Cache();
        var waiting = cache.GetAsync(default).AsTask();
        await Runs.UntilAsync(() => _desk.Calls == 1, "the fetch began");
        _time.Advance(_options.RefreshTimeout);

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => waiting);
        Assert.Equal(WeChatErrorClass.Transient, failure.ErrorClass);
        Assert.Contains("within 30 s", failure.Message, StringComparison.Ordinal);

        // Its lease lasts as long as the refresh was allowed to, so the next one need not wait for it.
        _desk.Answer = null;
        Assert.Equal("token-2", (await cache.GetAsync(default)).Reveal());
    }

    [Fact]
    public async Task The_lease_of_a_process_that_died_holds_nobody_up_for_ever()
    {
        await _store.TryLeaseAsync(Town.OfficialAccountAppId, TimeSpan.FromDays(1));
        var began = _time.GetUtcNow();

        Assert.Equal("token-1", (await _watch.RunAsync(Cache().GetAsync(default).AsTask())).Reveal());
        Assert.Equal(_options.RefreshTimeout / 2, _time.GetUtcNow() - began);
    }

    [Fact]
    public async Task A_second_owner_of_the_classic_token_is_told_of()
    {
        _options.Channel = AccessTokenChannel.Classic;
        var cache = Cache();
        var token = await cache.GetAsync(default);
        _time.Advance(TimeSpan.FromMinutes(10));
        token = await cache.RenewAsync(token, default);
        Assert.Equal(0, _log.Count(SecondOwner));

        _time.Advance(TimeSpan.FromMinutes(10));
        token = await cache.RenewAsync(token, default);
        var warning = Assert.Single(_log.Texts(SecondOwner));
        Assert.Contains("2 times within an hour", warning, StringComparison.Ordinal);
        Assert.Contains("Stable", warning, StringComparison.Ordinal);
        Assert.Contains("UseAccessTokenProvider", warning, StringComparison.Ordinal);

        for (var i = 0; i < 50; i++)
        {
            await cache.RenewAsync(new AccessToken("token-1", _time.GetUtcNow()), default);
        }

        Assert.Equal(1, _log.Count(SecondOwner));
        Assert.Equal(3, _desk.Calls);
        Assert.Equal(3, _log.Count(Fetched));
    }

    [Fact]
    public async Task Chance_is_no_second_owner()
    {
        _options.Channel = AccessTokenChannel.Classic;
        var cache = Cache();
        for (var i = 0; i < 3; i++)
        {
            // Once in more than an hour, and once at the token's own end.
            var token = await cache.GetAsync(default);
            _time.Advance(TimeSpan.FromMinutes(61));
            token = await cache.RenewAsync(token, default);
            _time.SetUtcNow(token.ExpiresAt - TimeSpan.FromMinutes(2));
            await cache.RenewAsync(token, default);
        }

        Assert.Equal(0, _log.Count(SecondOwner));

        _options.Channel = AccessTokenChannel.Stable;
        var stable = Cache();
        foreach (var _ in RefusedTwice)
        {
            await stable.RenewAsync(await stable.GetAsync(default), default);
        }

        Assert.Equal(0, _log.Count(SecondOwner));
    }

    [Fact]
    public async Task The_channels_keep_their_tokens_apart()
    {
        var stable = Cache();
        await stable.GetAsync(default);
        _options.Channel = AccessTokenChannel.Classic;
        Assert.Equal("token-2", (await Cache().GetAsync(default)).Reveal());
        Assert.Equal("token-1", (await stable.GetAsync(default)).Reveal());
    }

    [Fact]
    public async Task A_token_another_process_fetched_is_replaced_when_its_own_window_comes()
    {
        var first = Cache();
        var token = await first.GetAsync(default);
        _time.SetUtcNow(token.ExpiresAt - TimeSpan.FromMinutes(4.5));
        var late = Cache();
        Assert.Equal(token.Reveal(), (await late.GetAsync(default)).Reveal());
        Assert.Equal(1, _desk.Calls);
        Assert.Equal(_time.GetUtcNow() - TimeSpan.FromMinutes(115.5), late.Status.FetchedAt);

        _time.SetUtcNow(token.ExpiresAt - TimeSpan.FromMinutes(3));
        await late.GetAsync(default);
        await Runs.UntilAsync(() => late.GetAsync(default) is { IsCompletedSuccessfully: true } got && got.Result.Reveal() == "token-2", "the token was replaced");
    }

    [Fact]
    public async Task Too_long_a_life_is_not_believed()
    {
        using var handler = new Api.ScriptedHandler("""{"access_token":"token-for-ever","expires_in":9223372036854775807}""");
        var transport = Api.ScriptedHandler.Transport(handler, _time);
        var token = await AccessTokenRequest.SendAsync(
            transport, new WeChatAppOptions { AppId = "wx1", AppSecret = "s" }, AccessTokenChannel.Stable, forced: false, _time, default);
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromDays(1), token.ExpiresAt);
    }

    private static WeChatUnionPushOptions Options()
    {
        var options = new WeChatUnionPushOptions();
        Town.SetCredentials(options);
        return options;
    }

    private static WeChatApiException Failure(WeChatErrorClass errorClass) => new("/cgi-bin/stable_token", null, errorClass, "The test says no.");

    private AccessTokenCache Cache(IAccessTokenStore? store = null) => new(Town.OfficialAccountAppId, Copy(), _desk.RequestAsync, store ?? _store, _watch, _log);

    private AccessTokenOptions Copy() => new() { Channel = _options.Channel };
}
