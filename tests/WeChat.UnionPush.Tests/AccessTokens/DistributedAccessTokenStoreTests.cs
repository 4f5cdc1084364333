using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Caching.Distributed;
using NSubstitute;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

public sealed class DistributedAccessTokenStoreTests
{
    private const string Key = Town.OfficialAccountAppId;

    /// <summary>All but the one that needs an atomic step, which no such cache has.</summary>
    public static TheoryData<string> Cases =>
        [.. AccessTokenStoreConformance.CaseNames.Where(name => !name.StartsWith("Of many who try at once", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Conforms(string name)
    {
        var cache = new DictionaryCache();
        return AccessTokenStoreConformance.RunAsync(name, (time, _) => new(new DistributedAccessTokenStore(cache, time)), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Two_hosts_share_a_token_over_the_cache()
    {
        var cache = new DictionaryCache();
        await using var town = new Town(services: services => services.AddSingleton<IDistributedCache>(cache), choose: builder => builder.UseDistributedTokenCache());
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        await using var second = town.Build();

        foreach (var host in new[] { town.Services, second })
        {
            Assert.True((await host.GetRequiredService<ITemplateMessageSender>().SendAsync(person.OpenIdIn(town.Account), town.Message())).IsSent);
        }

        Assert.Equal(1, town.Platform.Calls.Count("/cgi-bin/stable_token"));
        Assert.DoesNotContain(cache.Keys, key => key.EndsWith(":lease", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("get")]
    [InlineData("set")]
    [InlineData("remove")]
    [InlineData("every")]
    public async Task A_cache_that_is_down_costs_a_token_call_and_a_warning_and_no_send(string broken)
    {
        var log = new LogBook();
        var cache = new DictionaryCache { Before = operation => _ = broken == "every" || broken == operation ? throw new IOException("the cache is down") : operation };
        await using var town = new Town(
            services: services => services.AddSingleton<IDistributedCache>(cache)
                .AddLogging(logging => logging.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(log)),
            choose: builder => builder.UseDistributedTokenCache());
        var people = town.Platform.AddPeople(50);
        town.Account.AddFollowers(people);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();

        var results = await Task.WhenAll(people.Select(person => sender.SendAsync(person.OpenIdIn(town.Account), town.Message())));

        Assert.All(results, result => Assert.True(result.IsSent));
        Assert.Equal(1, town.Platform.Calls.Count("/cgi-bin/stable_token"));
        Assert.InRange(log.Count(14), 1, 5);
    }

    [Fact]
    public async Task Somebody_elses_record_under_the_key_is_not_lent_out()
    {
        var cache = new DictionaryCache();
        var time = new ManualTimeProvider();
        var store = new DistributedAccessTokenStore(cache, time);
        await store.SetAsync("wxother", new StoredAccessToken { Token = new AccessToken("token-of-another", time.GetUtcNow().AddHours(1)), FetchedAt = time.GetUtcNow() });
        cache.Copy(cache.Keys.Single(), cache.Keys.Single().Replace("wxother", Key, StringComparison.Ordinal));

        await Assert.ThrowsAsync<InvalidDataException>(() => store.GetAsync(Key).AsTask());

        var log = new LogBook();
        var desk = new TokenDesk(time);
        var tokens = new AccessTokenCache(Key, new AccessTokenOptions(), desk.RequestAsync, store, time, log);
        Assert.Equal("token-1", (await tokens.GetAsync(default)).Reveal());
        Assert.Equal("token-1", (await store.GetAsync(Key))!.Token!.Reveal());
        Assert.Equal(1, log.Count(14));
    }

    [Fact]
    public void Any_bytes_in_the_cache_are_a_record_or_a_warning()
    {
        var record = Encoding.UTF8.GetBytes(
            $$"""{"Key":"{{Key}}","Token":"t","ExpiresAt":"2026-11-22T06:00:00+"""
                + $$"""00:00","FetchedAt":"2026-11-22T04:00:00+00:00","ForcedAt":"2026-11-22T03:00:00+00:00","ForcedCount":1}""");
        var bytes = ArbMap.Default.GeneratorFor<byte[]>();
        var mutated =
            from at in Gen.Choose(0, record.Length - 1)
            from length in Gen.Choose(0, 20)
            from splice in bytes
            select (byte[])[.. record[..at], .. splice, .. record[Math.Min(record.Length, at + length)..]];
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2000),
            Prop.ForAll(Gen.OneOf(bytes, mutated).ToArbitrary(), body =>
            {
                var time = new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
                var cache = new DictionaryCache();
                cache.Set("wechat.unionpush:token:" + Key, body, new DistributedCacheEntryOptions());
                cache.Set("wechat.unionpush:token:" + Key + ":lease", body, new DistributedCacheEntryOptions());
                var desk = new TokenDesk(time);
                var watch = new DelayWatch(time);
                var tokens = new AccessTokenCache(Key, new AccessTokenOptions(), desk.RequestAsync, new DistributedAccessTokenStore(cache, time), watch, new LogBook());
                var token = watch.RunAsync(tokens.GetAsync(default).AsTask()).GetAwaiter().GetResult();
                return token.Reveal() == (desk.Calls == 0 ? token.Reveal() : "token-1");
            }));
    }

    [Fact]
    public async Task The_record_holds_times_and_counts_and_its_lease_ends_by_itself_in_the_cache()
    {
        var cache = new DictionaryCache();
        var time = new ManualTimeProvider();
        var store = new DistributedAccessTokenStore(cache, time);
        await store.SetAsync(Key, new StoredAccessToken { ForcedAt = time.GetUtcNow(), ForcedCount = 3 });
        Assert.NotNull(await store.TryLeaseAsync(Key, TimeSpan.FromSeconds(30)));

        Assert.Equal(TimeSpan.FromDays(2), cache.Lifetimes["wechat.unionpush:token:" + Key]);
        Assert.Equal(TimeSpan.FromSeconds(30), cache.Lifetimes["wechat.unionpush:token:" + Key + ":lease"]);
        using var json = JsonDocument.Parse(cache.Get("wechat.unionpush:token:" + Key)!);
        Assert.Equal(3, json.RootElement.GetProperty("ForcedCount").GetInt32());
    }

    [Fact]
    public async Task An_attempt_that_is_given_up_halfway_leaves_no_lease()
    {
        using var stop = new CancellationTokenSource();
        var cache = new DictionaryCache();
        var store = new DistributedAccessTokenStore(cache, new ManualTimeProvider());
        cache.After = _ => stop.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TryLeaseAsync(Key, TimeSpan.FromMinutes(1), stop.Token).AsTask());
        cache.After = null;
        Assert.NotNull(await store.TryLeaseAsync(Key, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_lease_is_held_up_to_its_last_millisecond()
    {
        var time = new ManualTimeProvider();
        var store = new DistributedAccessTokenStore(new DictionaryCache(), time);
        Assert.NotNull(await store.TryLeaseAsync(Key, TimeSpan.FromSeconds(30)));
        time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.Null(await store.TryLeaseAsync(Key, TimeSpan.FromSeconds(30)));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await store.TryLeaseAsync(Key, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_cache_that_heeds_no_token_is_not_asked_by_who_has_gone_away()
    {
        var cache = Substitute.For<IDistributedCache>();
        var store = new DistributedAccessTokenStore(cache, new ManualTimeProvider());
        var gone = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetAsync(Key, gone).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.SetAsync(Key, new StoredAccessToken(), gone).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TryLeaseAsync(Key, TimeSpan.FromSeconds(30), gone).AsTask());
        Assert.Empty(cache.ReceivedCalls());
    }

    /// <summary>A distributed cache that heeds tokens, as those on a network do.</summary>
    private sealed class DictionaryCache : IDistributedCache
    {
        private readonly ConcurrentDictionary<string, byte[]> _entries = new(StringComparer.Ordinal);

        public Action<string>? Before { get; set; }

        public Action<string>? After { get; set; }

        public ConcurrentDictionary<string, TimeSpan?> Lifetimes { get; } = new(StringComparer.Ordinal);

        public IEnumerable<string> Keys => _entries.Keys;

        public void Copy(string from, string to) => _entries[to] = _entries[from];

        public byte[]? Get(string key) => _entries.GetValueOrDefault(key);

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _entries[key] = value;

        public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        {
            await StepAsync("get", token);
            return Get(key);
        }

        public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            await StepAsync("set", token);
            Set(key, value, options);
            Lifetimes[key] = options.AbsoluteExpirationRelativeToNow;
            After?.Invoke("set");
            token.ThrowIfCancellationRequested();
        }

        public async Task RemoveAsync(string key, CancellationToken token = default)
        {
            await StepAsync("remove", token);
            _entries.TryRemove(key, out _);
        }

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key) => _entries.TryRemove(key, out _);

        private async Task StepAsync(string operation, CancellationToken cancellationToken)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            Before?.Invoke(operation);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
