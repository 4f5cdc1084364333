using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>The ledger of consents in a living town: events, reports of the Mini Program, and sends.</summary>
public sealed class ConsentTests : IAsyncDisposable
{
    private const string Path = "/cgi-bin/message/subscribe/send";

    private readonly Town _town = new();
    private readonly SimulatedTemplate _template;
    private readonly SimulatedPerson _person;

    public ConsentTests()
    {
        _template = _town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        _person = _town.Platform.AddPerson();
    }

    private string OpenId => _person.OpenIdIn(_town.MiniProgram);

    [Fact]
    public async Task Taps_that_events_and_the_Mini_Program_tell_of_are_counted_once_and_used_up_by_sends()
    {
        await using var host = await StartAsync();
        var consents = host.Services.GetRequiredService<ISubscribeConsents>();
        for (var i = 0; i < 2; i++)
        {
            _person.AnswerSubscription(_town.MiniProgram, _template);
            await consents.ReportAsync(OpenId, new Dictionary<string, string> { [_template.Id] = "accept", ["other"] = "reject" });
        }

        _person.AnswerSubscription(_town.MiniProgram, _template, accepts: false);
        await SettleAsync(host);
        Assert.Equal(2, await CreditsAsync(host));
        Assert.Equal(1, await consents.CountAsync(_template.Id));

        Assert.True((await SendAsync(host)).IsSent);
        await SettleAsync(host);
        Assert.Equal(1, await CreditsAsync(host));

        _person.TurnOffSubscription(_town.MiniProgram, _template);
        await SettleAsync(host);
        Assert.Equal(0, await CreditsAsync(host));
        Assert.Equal(0, await consents.CountAsync(_template.Id));
    }

    [Fact]
    public async Task What_the_platform_refused_is_given_back_and_43101_sets_to_nought()
    {
        await using var host = await StartAsync();
        await ReportAsync(host, 3);
        _town.Platform.Faults.Add(SimulatedFault.Error(47003).On(Path));
        var code = (await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(host))).ErrorCode!.Value.Value;
        Assert.Equal((47003, 3), (code, await CreditsAsync(host)));
        _town.Platform.Faults.Clear();

        _town.Platform.Faults.Add(SimulatedFault.Error(43107).On(Path));
        await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(host));
        Assert.Equal(3, await CreditsAsync(host));
        _town.Platform.Faults.Clear();

        // It may have arrived, so the credit stays taken.
        _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Path).Times(1));
        Assert.Equal(PushStatus.Unknown, (await SendAsync(host)).Status);
        Assert.Equal(2, await CreditsAsync(host));

        // Nobody has tapped at all.
        Assert.Equal(PushStatus.NotSubscribed, (await SendAsync(host)).Status);
        Assert.Equal(0, await CreditsAsync(host));
    }

    [Fact]
    public async Task A_choice_that_is_kept_is_known()
    {
        await using var host = await StartAsync();
        var consents = host.Services.GetRequiredService<ISubscribeConsents>();
        await consents.ReportAsync(OpenId, Answer("accept"), Answer("accept"));
        Assert.Equal((ConsentHabit.AlwaysAccepts, 1), await StateAsync());
        await consents.ReportAsync(OpenId, Answer("acceptWithAlert"), new Dictionary<string, string>());
        Assert.Equal((ConsentHabit.Asked, 2), await StateAsync());
        await consents.ReportAsync(OpenId, Answer("reject"), Answer("reject"));
        Assert.Equal((ConsentHabit.AlwaysRefuses, 0), await StateAsync());

        Dictionary<string, string> Answer(string answer) => new() { [_template.Id] = answer };
        async Task<(ConsentHabit, long)> StateAsync() => await consents.GetAsync(OpenId, _template.Id) is var state ? (state.Habit, state.Credits) : default;
    }

    [Fact]
    public async Task Who_is_erased_leaves_no_consent()
    {
        await using var host = await StartAsync();
        await ReportAsync(host, 1);
        await host.Push.EraseAsync(OpenId);
        Assert.Equal(ConsentState.None, await host.Services.GetRequiredService<ISubscribeConsents>().GetAsync(OpenId, _template.Id));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task In_a_living_town_the_ledger_equals_the_platform_s_truth(int seed)
    {
        await using var host = await StartAsync();
        var random = new Random(seed);
        var people = Enumerable.Range(0, 8).Select(_ => _town.Platform.AddPerson()).ToList();
        var consents = host.Services.GetRequiredService<ISubscribeConsents>();
        for (var i = 0; i < 200; i++)
        {
            var person = people[random.Next(people.Count)];
            var openId = person.OpenIdIn(_town.MiniProgram);
            switch (random.Next(10))
            {
                case < 4:
                    _town.Time.Advance(TimeSpan.FromSeconds(1));
                    person.AnswerSubscription(_town.MiniProgram, _template);
                    if (random.Next(3) > 0)
                    {
                        await consents.ReportAsync(openId, new Dictionary<string, string> { [_template.Id] = "accept" });
                    }

                    break;
                case 4:
                    person.AnswerSubscription(_town.MiniProgram, _template, accepts: false);
                    await consents.ReportAsync(openId, new Dictionary<string, string> { [_template.Id] = "reject" });
                    break;
                case 5:
                    _town.Time.Advance(TimeSpan.FromSeconds(1));
                    person.TurnOffSubscription(_town.MiniProgram, _template);
                    _town.Time.Advance(TimeSpan.FromSeconds(1));
                    break;
                default:
                    await SendAsync(host, openId);
                    _town.Time.Advance(TimeSpan.FromSeconds(1));
                    break;
            }

            if (random.Next(5) == 0)
            {
                await SettleAsync(host);
            }
        }

        await SettleAsync(host);
        foreach (var person in people)
        {
            var state = await consents.GetAsync(person.OpenIdIn(_town.MiniProgram), _template.Id);
            Assert.Equal(person.SubscriptionsLeft(_town.MiniProgram, _template), state.Credits);
        }
    }

    [Fact]
    public async Task The_Mini_Program_posts_what_it_was_answered()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseTestServer();
        builder.Services.AddRoutingCore();
        builder.Services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(_town.Platform);
        await using var app = builder.Build();
        app.MapConsentReports("/subscriptions", context => new(context.Request.Headers.Authorization.ToString() is { Length: > 0 } session ? session : null));
        await app.StartAsync();
        using var client = app.GetTestClient();
        var consents = app.Services.GetRequiredService<ISubscribeConsents>();

        var report = $$"""{"errMsg":"requestSubscribeMessage:ok","{{_template.Id}}":"accept","other":"ban","third":"filter"}""";
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(report, session: null));
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(report));
        Assert.Equal((1, ConsentHabit.Asked), await StateAsync());
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(
            $$"""{"{{_template.Id}}":"accept","subscriptionsSetting":{"mainSwitch":true,"itemSettings":{"{{_template.Id}}":"accept","SYS_MSG_TYPE_INTERACTIVE":"accept"} } }"""));
        Assert.Equal((2, ConsentHabit.AlwaysAccepts), await StateAsync());

        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("no json"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("[]"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync($"{{{string.Join(',', Enumerable.Range(0, 21).Select(i => $"\"t{i}\":\"accept\""))}}}"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync($$"""{"a":"{{new string('x', 17 * 1024)}}"}"""));
        Assert.Equal((2, ConsentHabit.AlwaysAccepts), await StateAsync());
        await app.StopAsync();

        async Task<HttpStatusCode> PostAsync(string body, string? session = "yes")
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/subscriptions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            if (session is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", OpenId);
            }

            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }

        async Task<(long, ConsentHabit)> StateAsync() => await consents.GetAsync(OpenId, _template.Id) is var state ? (state.Credits, state.Habit) : default;
    }

    [Fact]
    public void A_missing_registration_stops_the_start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseTestServer();
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var failure = Assert.Throws<InvalidOperationException>(() => app.MapConsentReports("/x", _ => new((string?)null)));
        Assert.Contains("MapConsentReports", failure.Message, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private async Task<CallbackHost> StartAsync()
    {
        var host = await CallbackHost.StartAsync(_town);
        _town.MiniProgram.Callback = host.Connect("Other", PlatformPush.OtherKey, chaos: 0.2, usesJson: true);
        return host;
    }

    private async Task SettleAsync(CallbackHost host)
    {
        await _town.Platform.Callbacks.SettleAsync();
        await host.Inbox.WhenQuietAsync();
    }

    private async Task ReportAsync(CallbackHost host, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await host.Services.GetRequiredService<ISubscribeConsents>().ReportAsync(OpenId, new Dictionary<string, string> { [_template.Id] = "accept" });
        }
    }

    private async Task<long> CreditsAsync(CallbackHost host) => (await host.Services.GetRequiredService<ISubscribeConsents>().GetAsync(OpenId, _template.Id)).Credits;

    private Task<PushResult> SendAsync(CallbackHost host, string? openId = null) =>
        host.Services.GetRequiredService<ISubscribeMessageSender>().SendAsync(openId ?? OpenId, SubscribeMessage.Create(_template.Id).Thing("thing1", "巧克力").Build());
}
