using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>What belongs to an Official Account is the same for every registration that sends through it.</summary>
public sealed class SharedAccountTests
{
    private const string Send = "/cgi-bin/message/template/send";

    [Fact]
    public async Task Two_registrations_share_the_pace_and_the_slower_one_counts()
    {
        await using var two = new TwoBrands(options => options.MaxPerSecond = 60, options => options.MaxPerSecond = 2);
        Assert.True((await two.SendAsync("b")).IsSent);
        Assert.True((await two.SendAsync(null)).IsSent);
        var next = two.SendAsync(null);
        var after = two.SendAsync("b");
        await Runs.UntilAsync(() => two.Time.PendingTimers > 0, "the next one waits");
        Assert.False(next.IsCompleted || after.IsCompleted);
        two.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await next).IsSent && (await after).IsSent);
    }

    [Fact]
    public async Task Two_registrations_share_the_places()
    {
        await using var two = new TwoBrands(options => options.MaxConcurrent = 1, options => options.MaxConcurrent = 64);
        Assert.True((await two.SendAsync("b")).IsSent);
        Assert.True((await two.SendAsync(null)).IsSent);
        using var gate = two.Platform.Hold(Send);
        var first = two.SendAsync("b");
        await gate.WaitForCallsAsync(1);
        var second = two.SendAsync(null);
        Assert.False(second.IsCompleted);
        Assert.Equal(3, two.Platform.Calls.Count(Send));
        gate.Open();
        Assert.True((await first).IsSent && (await second).IsSent);
    }

    [Fact]
    public async Task A_used_up_quota_is_known_to_both_asked_about_once_a_minute_and_forgotten_at_midnight_in_China()
    {
        await using var two = new TwoBrands();
        Assert.True((await two.SendAsync(null)).IsSent);
        var spent = two.Platform.Faults.Add(SimulatedFault.Error(45009).On(Send));
        var first = await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync(null));
        Assert.Equal(WeChatErrorClass.Quota, first.ErrorClass);
        two.Platform.Calls.Clear();

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync("b"));
        Assert.Equal((WeChatErrorClass.Quota, 45009, false), (failure.ErrorClass, failure.ErrorCode!.Value.Value, failure.OutcomeUnknown));
        Assert.Contains("was not called: the day's calls of wx0123456789abcdef are used up", failure.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromHours(12), failure.RetryAfter);
        Assert.Equal(0, two.Platform.Calls.Count(Send));

        // One a minute notices that the counter was reset elsewhere.
        two.Time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync("b"));
        await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync(null));
        Assert.Equal(1, two.Platform.Calls.Count(Send));
        two.Platform.Faults.Remove(spent);
        two.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await two.SendAsync(null)).IsSent);
        Assert.True((await two.SendAsync("b")).IsSent);

        // And the day's end needs nobody who asks.
        var again = two.Platform.Faults.Add(SimulatedFault.Error(45009).On(Send));
        two.Time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromMinutes(2.5));
        await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync("b"));
        two.Platform.Faults.Remove(again);
        await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync(null));
        two.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await two.SendAsync(null)).IsSent);
    }

    [Fact]
    public async Task A_quota_that_the_host_clears_is_there_at_once()
    {
        await using var two = new TwoBrands();
        var spent = two.Platform.Faults.Add(SimulatedFault.Error(45009).On(Send).Times(1));
        await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync(null));
        await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync("b"));
        await two.Services.GetRequiredKeyedService<IWeChatDiagnostics>("b").ClearQuotaAsync();
        Assert.True((await two.SendAsync(null)).IsSent);
        Assert.Equal(1, spent.Strikes);
    }

    [Fact]
    public async Task The_minutes_quota_is_not_taken_for_the_days()
    {
        await using var two = new TwoBrands();
        two.Platform.Faults.Add(SimulatedFault.Error(45011).On(Send).Times(1));
        Assert.Equal(WeChatErrorClass.RateLimited, (await Assert.ThrowsAsync<WeChatApiException>(() => two.SendAsync(null))).ErrorClass);
        Assert.True((await two.SendAsync("b")).IsSent);
    }

    [Fact]
    public async Task Both_use_one_token()
    {
        await using var two = new TwoBrands();
        Assert.True((await two.SendAsync(null)).IsSent);
        Assert.True((await two.SendAsync("b")).IsSent);
        Assert.Equal(1, two.Platform.Calls.Count("/cgi-bin/stable_token"));
    }

    private sealed class TwoBrands : IAsyncDisposable
    {
        private readonly SimulatedPerson _person;
        private readonly SimulatedOfficialAccount _account;
        private readonly SimulatedTemplate _template;
        private int _number;

        public TwoBrands(Action<TemplateMessageOptions>? first = null, Action<TemplateMessageOptions>? second = null)
        {
            // Noon in China.
            Time = new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
            Platform = new SimulatedPlatform(Time);
            _account = Platform.AddOfficialAccount(Town.OfficialAccountAppId, Secrets.OfficialAccount, Town.OpenPlatform);
            Platform.AddMiniProgram(Town.MiniProgramAppId, Secrets.MiniProgram, Town.OpenPlatform);
            Platform.AddMiniProgram("wx00000000000000b2", Secrets.MiniProgram, Town.OpenPlatform);
            _template = _account.AddTemplate("通知", "商品:{{thing1.DATA}}");
            _person = Platform.AddPerson();
            _person.Follow(_account);
            var services = new ServiceCollection();
            services.AddWeChatUnionPush(options =>
            {
                Town.SetCredentials(options);
                first?.Invoke(options.TemplateMessages);
            }).UseSimulator(Platform);
            services.AddWeChatUnionPush("b", options =>
            {
                Town.SetCredentials(options);
                options.MiniProgram.AppId = "wx00000000000000b2";
                second?.Invoke(options.TemplateMessages);
            }).UseSimulator(Platform);
            Services = services.BuildServiceProvider();
        }

        public ManualTimeProvider Time { get; }

        public SimulatedPlatform Platform { get; }

        public ServiceProvider Services { get; }

        public Task<PushResult> SendAsync(string? registration) =>
            (registration is null ? Services.GetRequiredService<ITemplateMessageSender>() : Services.GetRequiredKeyedService<ITemplateMessageSender>(registration))
            .SendAsync(_person.OpenIdIn(_account), TemplateMessage.Create(_template.Id).Thing("thing1", $"商品{Interlocked.Increment(ref _number)}").Build());

        public ValueTask DisposeAsync() => Services.DisposeAsync();
    }
}
