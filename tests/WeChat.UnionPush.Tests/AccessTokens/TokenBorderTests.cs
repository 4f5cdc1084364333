using Microsoft.Extensions.Logging.Abstractions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>What a token cache does at the exact moments and counts at which it changes its mind.</summary>
public sealed class TokenBorderTests
{
    private const int Refused = 11;
    private const int EarlyRefreshFailed = 12;

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
    private readonly LogBook _log = new();
    private readonly TokenDesk _desk;
    private readonly MoodyStore _store;
    private AccessTokenOptions _options = new();

    public TokenBorderTests()
    {
        _desk = new TokenDesk(_time);
        _store = new MoodyStore(new InMemoryAccessTokenStore(_time));
    }

    [Fact]
    public async Task A_token_is_there_up_to_the_moment_in_which_it_is_replaced()
    {
        _options.RefreshBefore = TimeSpan.Zero;
        var cache = Cache();
        Assert.False(cache.HasToken);
        var end = (await cache.GetAsync(default)).ExpiresAt;
        _time.SetUtcNow(end - Tick);
        Assert.True(cache.HasToken);
        _time.SetUtcNow(end);
        Assert.False(cache.HasToken);
    }

    [Fact]
    public async Task The_refusal_of_an_older_token_gives_the_present_one_while_it_lives_and_another_one_from_its_last_moment_on()
    {
        _options.RefreshBefore = TimeSpan.Zero;
        var older = _desk.Token("older");
        var cache = Cache();
        var present = await cache.GetAsync(default);
        _time.SetUtcNow(present.ExpiresAt - Tick);
        Assert.Same(present, await cache.RenewAsync(older, default));
        _time.SetUtcNow(present.ExpiresAt);
        Assert.Equal("token-2", (await cache.RenewAsync(older, default)).Reveal());

        // And not the one that has ended, however long ago.
        _time.Advance(_desk.Lifetime + TimeSpan.FromDays(1));
        Assert.Equal("token-3", (await cache.RenewAsync(older, default)).Reveal());
    }

    [Fact]
    public async Task A_refusal_that_comes_from_two_calls_is_told_once()
    {
        var answer = new TaskCompletionSource<AccessToken>();
        _desk.Answer = (_, _, _) => answer.Task;
        var cache = Cache();
        var refused = _desk.Token("older");
        var renewals = new[] { cache.RenewAsync(refused, default), cache.RenewAsync(refused, default) };
        answer.SetResult(_desk.Token("new"));
        foreach (var renewal in renewals)
        {
            Assert.Equal("token-new", (await renewal).Reveal());
        }

        Assert.Equal(1, _log.Count(Refused));
        Assert.Equal(1, _desk.Calls);
    }

    [Fact]
    public async Task Who_has_gone_away_gets_no_token_that_is_about_to_end()
    {
        var cache = Cache();
        _time.SetUtcNow((await cache.GetAsync(default)).ExpiresAt - TimeSpan.FromSeconds(1));
        Assert.True(cache.GetAsync(new CancellationToken(canceled: true)).IsCanceled);
        Assert.Equal(1, _desk.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_of_the_caller_flows_into_the_token_call(bool isSuppressed)
    {
        var caller = new AsyncLocal<string?> { Value = "somebody" };
        string? seen = "nobody asked";
        _desk.Answer = (_, _, _) =>
        {
            seen = caller.Value;
            return Task.FromResult(_desk.Token("1"));
        };
        ValueTask<AccessToken> asked;
        using (isSuppressed ? ExecutionContext.SuppressFlow() : default(AsyncFlowControl?))
        {
            asked = Cache().GetAsync(default);
        }

        await asked;
        Assert.Null(seen);
    }

    [Fact]
    public async Task A_token_that_is_refused_while_it_is_saved_is_not_used()
    {
        AccessTokenCache? cache = null;
        var renewal = default(ValueTask<AccessToken>);
        _store.Before = (operation, _) =>
        {
            if (operation == "set" && _desk.Calls == 1)
            {
                renewal = cache!.RenewAsync(_desk.Token("1"), default);
            }

            return Task.CompletedTask;
        };
        cache = Cache();
        Assert.Equal("token-2", (await cache.GetAsync(default)).Reveal());
        Assert.Equal("token-2", (await renewal).Reveal());
        Assert.Equal((2, 0), (_desk.Calls, _desk.Forced));
    }

    [Fact]
    public async Task A_short_life_is_used_for_half_of_it_at_least_and_the_processes_begin_in_its_second_half()
    {
        _desk.Lifetime = TimeSpan.FromSeconds(20);
        _options.RetryDelay = TimeSpan.FromSeconds(1);
        var caches = await FilledAsync(200);
        _time.Advance(TimeSpan.FromSeconds(10) - Tick);
        Assert.All(caches, cache => Assert.True(cache.HasToken));

        // One in ten has not begun a second before the end.
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.InRange(caches.Count(cache => cache.HasToken), 0, 60);
    }

    [Fact]
    public async Task However_short_a_life_is_the_next_token_call_waits_for_the_retry_delay()
    {
        _desk.Lifetime = TimeSpan.FromSeconds(20);
        _options.RetryDelay = TimeSpan.FromSeconds(15);
        var caches = await FilledAsync(50);
        _time.Advance(_options.RetryDelay - Tick);
        Assert.All(caches, cache => Assert.True(cache.HasToken));
        _time.Advance(TimeSpan.FromSeconds(5) + Tick);
        Assert.All(caches, cache => Assert.False(cache.HasToken));
    }

    [Fact]
    public async Task After_an_early_refresh_that_failed_the_next_one_waits_for_the_retry_delay()
    {
        var cache = Cache();
        var old = await cache.GetAsync(default);
        _time.SetUtcNow(old.ExpiresAt - TimeSpan.FromMinutes(2));
        _desk.Answer = (_, _, _) => throw new HttpRequestException("away");
        Assert.Same(old, await cache.GetAsync(default));
        await Runs.UntilAsync(() => _log.Count(EarlyRefreshFailed) == 1, "the refresh failed");
        Assert.True(cache.HasToken);
        _time.Advance(_options.RetryDelay - Tick);
        Assert.True(cache.HasToken);
        _time.Advance(Tick);
        Assert.False(cache.HasToken);
    }

    [Fact]
    public async Task A_token_in_the_store_is_used_up_to_its_window_and_costs_neither_a_lease_nor_a_call()
    {
        var stored = await StoreAsync(_desk.Token("stored"));
        _time.SetUtcNow(stored.ExpiresAt - _options.RefreshBefore - Tick);
        Assert.Equal("token-stored", (await Cache().GetAsync(default)).Reveal());
        Assert.Equal((0, 0), (_desk.Calls, _store.LeasesGiven));
        _time.Advance(Tick);
        Assert.Equal("token-1", (await Cache().GetAsync(default)).Reveal());
        Assert.Equal((1, 1), (_desk.Calls, _store.LeasesGiven));
    }

    [Fact]
    public async Task What_another_process_fetched_before_the_lease_came_is_used()
    {
        _store.Before = async (operation, _) =>
        {
            if (operation == "lease")
            {
                await StoreAsync(_desk.Token("stored"));
            }
        };
        Assert.Equal("token-stored", (await Cache().GetAsync(default)).Reveal());
        Assert.Equal((0, 1, 0), (_desk.Calls, _store.LeasesGiven, _store.LeasesOut));
    }

    [Fact]
    public async Task Times_in_the_store_are_believed_up_to_the_longest_life_ahead()
    {
        // Later ones are nonsense, which costs a token call.
        foreach (var (ahead, calls) in new[] { (TimeSpan.Zero, 0), (Tick, 1) })
        {
            var latest = _time.GetUtcNow() + AccessTokenRequest.LongestLife + ahead;
            _store.Instead = _ => new StoredAccessToken { Token = new AccessToken("stored", latest), FetchedAt = latest, ForcedAt = latest, ForcedCount = 1 };
            Assert.Equal(calls == 0 ? "stored" : "token-1", (await Cache().GetAsync(default)).Reveal());
            Assert.Equal(calls, _desk.Calls);
        }
    }

    [Fact]
    public async Task A_classic_token_that_comes_back_after_its_refusal_ends_in_an_error_that_says_so()
    {
        _options = new AccessTokenOptions { Channel = AccessTokenChannel.Classic };
        _desk.Answer = (_, _, _) => Task.FromResult(_desk.Token("same"));
        var cache = Cache();
        var told = await Assert.ThrowsAsync<WeChatApiException>(async () => await cache.RenewAsync(await cache.GetAsync(default), default));
        Assert.Contains("keeps returning it on the classic channel", told.Message, StringComparison.Ordinal);
        Assert.Equal((WeChatErrorClass.TokenInvalid, (TimeSpan?)_options.RefusalPause), (told.ErrorClass, told.RetryAfter));
        Assert.Equal((2, 0), (_desk.Calls, _desk.Forced));
    }

    [Fact]
    public void Of_two_counts_of_one_day_the_later_time_and_the_larger_count_stay_and_another_day_replaces_both_when_it_is_later()
    {
        var ledger = new ForcedRefreshLedger(Town.OfficialAccountAppId, _options, _time, NullLogger.Instance);
        Assert.Equal((null, 0), ledger.Last);
        var noon = _time.GetUtcNow();
        Learn(noon, 5);
        Assert.Equal((noon, 5), ledger.Last);
        Learn(noon.AddHours(-1), 7);
        Assert.Equal((noon, 7), ledger.Last);
        Learn(noon.AddHours(1), 2);
        Assert.Equal((noon.AddHours(1), 7), ledger.Last);
        Learn(noon.AddDays(-1), 20);
        Assert.Equal((noon.AddHours(1), 7), ledger.Last);
        Learn(noon.AddDays(1), 1);
        Assert.Equal((noon.AddDays(1), 1), ledger.Last);
        ledger.Learn(null);
        ledger.Learn(new StoredAccessToken { ForcedCount = 9 });
        Assert.Equal((noon.AddDays(1), 1), ledger.Last);

        void Learn(DateTimeOffset at, int count) => ledger.Learn(new StoredAccessToken { ForcedAt = at, ForcedCount = count });
    }

    [Fact]
    public void The_last_four_refused_tokens_are_known()
    {
        var rejected = new RejectedTokens();
        AccessToken[] tokens = [.. Enumerable.Range(1, 5).Select(number => _desk.Token($"{number}"))];
        Assert.All(tokens, token => Assert.True(rejected.Add(token)));
        Assert.Equal([false, true, true, true, true], tokens.Select(rejected.Contains));

        // One that is known pushes out no other.
        Assert.False(rejected.Add(tokens[4]));
        Assert.True(rejected.Contains(tokens[1]));
    }

    [Fact]
    public void A_takeover_is_a_refusal_before_the_window_and_counts_for_an_hour()
    {
        var takeovers = new TokenTakeovers(new AccessTokenOptions { Channel = AccessTokenChannel.Classic });
        var token = _desk.Token("1");
        var window = token.ExpiresAt - _options.RefreshBefore;
        Assert.Equal(0, takeovers.Count(token, token.ExpiresAt + TimeSpan.FromMinutes(1)));
        Assert.Equal(0, takeovers.Count(token, token.ExpiresAt));
        Assert.Equal(0, takeovers.Count(token, window));
        var first = window - TimeSpan.FromHours(1) - Tick;
        Assert.Equal(1, takeovers.Count(token, first));
        Assert.Equal(2, takeovers.Count(token, first.AddHours(1)));
    }

    [Theory]
    [InlineData("t", 7200, null)]
    [InlineData("t", 1, null)]
    [InlineData("t", 0, "access_token and expires_in")]
    [InlineData("t", -1, "access_token and expires_in")]
    [InlineData(" ", 7200, "access_token and expires_in")]
    [InlineData(null, 7200, "access_token and expires_in")]
    public void An_answer_without_a_token_or_a_life_is_incomplete(string? token, long expiresIn, string? missing) =>
        Assert.Equal(missing, new AccessTokenAnswer { AccessToken = token, ExpiresIn = expiresIn }.FindMissing());

    [Fact]
    public async Task A_provider_knows_no_third_app()
    {
        IAccessTokenProvider tokens = new CachingAccessTokenProvider(Cache(), Cache(Town.MiniProgramAppId));
        Assert.Equal("token-1", (await tokens.GetAsync(Town.MiniProgramAppId)).Reveal());
        var told = await Assert.ThrowsAsync<ArgumentException>(async () => await tokens.GetAsync("wx2222222222222222"));
        Assert.Contains("wx2222222222222222", told.Message, StringComparison.Ordinal);
        Assert.Equal("appId", told.ParamName);
    }

    private async Task<AccessTokenCache[]> FilledAsync(int count)
    {
        AccessTokenCache[] caches = [.. Enumerable.Range(0, count).Select(_ => Cache(store: new InMemoryAccessTokenStore(_time)))];
        foreach (var cache in caches)
        {
            await cache.GetAsync(default);
        }

        return caches;
    }

    private async Task<AccessToken> StoreAsync(AccessToken token)
    {
        await _store.SetAsync(Town.OfficialAccountAppId, new StoredAccessToken { Token = token, FetchedAt = token.ExpiresAt - _desk.Lifetime });
        return token;
    }

    private AccessTokenCache Cache(string appId = Town.OfficialAccountAppId, IAccessTokenStore? store = null) =>
        new(appId, _options, _desk.RequestAsync, store ?? _store, _time, _log);
}
