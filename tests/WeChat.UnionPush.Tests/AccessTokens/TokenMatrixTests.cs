using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>A thousand callers, and everything that is known to happen to a token.</summary>
public sealed class TokenMatrixTests
{
    private const int Callers = 1000;
    private const string Send = "/cgi-bin/message/template/send";
    private const string Stable = "/cgi-bin/stable_token";
    private const string Classic = "/cgi-bin/token";

    public enum Happening
    {
        ColdStart,
        Ageing,
        Expired,
        Replaced,
        ReplacedWithOverlap,
        ReplacedUnderWay,
        ExpiredUnderWay,
        TakenByASecondHost,
    }

    public static TheoryData<AccessTokenChannel, Happening> All => new(
        from channel in Enum.GetValues<AccessTokenChannel>()
        from happening in Enum.GetValues<Happening>()
        select new TheoryDataRow<AccessTokenChannel, Happening>(channel, happening));

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_thousand_callers_cost_two_token_calls_at_most_and_lose_no_send(AccessTokenChannel channel, Happening happening)
    {
        foreach (var seed in Runs.Seeds(5, 50))
        {
            try
            {
                await RunAsync(channel, happening, seed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
            }
        }
    }

    [Fact]
    public async Task A_refusal_of_every_token_ends_after_one_renewal()
    {
        await using var town = new Town();
        var (sender, openIds) = await WarmAsync(town);
        town.Account.AccessTokens.RefuseAllWith = 40001;
        town.Platform.Calls.Clear();

        // Each call is sent at most twice, or not at all once the refusal is known, and the account's budget of forced tokens is touched once.
        var failures = await Task.WhenAll(openIds.Select(openId => Task.Run(async () => await Record.ExceptionAsync(() => sender.SendAsync(openId, town.Message())))));
        Assert.All(failures, failure => Assert.Equal(WeChatErrorClass.TokenInvalid, Assert.IsType<WeChatApiException>(failure).ErrorClass));
        Assert.InRange(town.Platform.Calls.Count(Send), 1, 2 * openIds.Count);
        Assert.InRange(town.Platform.Calls.Recent(Stable).Count(call => call.Body.Span.IndexOf("force_refresh"u8) >= 0), 0, 1);

        // It is over as soon as the platform takes tokens again, for the 30 s between two forced refreshes at the latest.
        town.Account.AccessTokens.RefuseAllWith = null;
        town.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await sender.SendAsync(openIds[0], town.Message("again"))).IsSent);
    }

    [Theory]
    [InlineData(40001)]
    [InlineData(40014)]
    [InlineData(42001)]
    public async Task A_stable_token_that_only_its_own_API_believes_in_is_forced_away(int code)
    {
        await using var town = new Town();
        var (sender, openIds) = await WarmAsync(town);
        town.Account.AccessTokens.RefuseCurrent(code);
        town.Platform.Calls.Clear();

        var results = await Task.WhenAll(openIds.Select(openId => Task.Run(() => sender.SendAsync(openId, town.Message()))));

        Assert.All(results, result => Assert.True(result.IsSent));
        Assert.Equal(2, town.Platform.Calls.Count(Stable));
    }

    [Fact]
    public async Task The_21st_forced_refresh_of_a_day_is_not_attempted_by_a_restarted_host()
    {
        // Eight in the morning in China, so that the whole day lies ahead.
        var start = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
        await using var town = new Town(start);
        var openIds = Follow(town, 1);
        var store = new InMemoryAccessTokenStore(town.Time);
        for (var i = 0; i < 20; i++)
        {
            await using var host = town.Build(builder => builder.UseAccessTokenStore(_ => store));
            var sender = host.GetRequiredService<ITemplateMessageSender>();
            Assert.True((await sender.SendAsync(openIds[0], town.Message($"第{i}次"))).IsSent);
            town.Account.AccessTokens.RefuseCurrent();
            Assert.True((await sender.SendAsync(openIds[0], town.Message($"第{i}次再"))).IsSent);
            town.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(20, Forced());
        await using var last = town.Build(builder => builder.UseAccessTokenStore(_ => store));
        town.Account.AccessTokens.RefuseCurrent();
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => last.GetRequiredService<ITemplateMessageSender>().SendAsync(openIds[0], town.Message("尾")));
        Assert.Contains("20 forced refreshes are used up", failure.Message, StringComparison.Ordinal);
        Assert.Equal(20, Forced());

        int Forced() => town.Platform.Calls.Recent(Stable).Count(call => call.Body.Span.IndexOf("force_refresh"u8) >= 0);
    }

    private static async Task RunAsync(AccessTokenChannel channel, Happening happening, int seed)
    {
        var random = new Random(seed);
        await using var town = new Town(seed: seed, configure: options =>
        {
            options.AccessToken.Channel = channel;
            options.TemplateMessages.MaxConcurrent = Callers;
        });
        var openIds = Follow(town, Callers);
        var path = channel == AccessTokenChannel.Stable ? Stable : Classic;
        var tokens = town.Account.AccessTokens;
        var host = town.Services;
        var sender = host.GetRequiredService<ITemplateMessageSender>();
        var sent = 0;
        if (happening != Happening.ColdStart)
        {
            Assert.True((await sender.SendAsync(openIds[0], town.Message("first"))).IsSent);
            sent++;
        }

        town.Platform.Calls.Clear();
        var token = town.Platform.Hold(path);
        var pushes = new List<Task<PushResult>>();
        switch (happening)
        {
            case Happening.ColdStart:
                break;
            case Happening.Ageing:
                town.Time.Advance(TimeSpan.FromMinutes(117));
                break;
            case Happening.Expired:
                town.Time.Advance(TimeSpan.FromHours(2));
                break;
            case Happening.Replaced:
                tokens.Replace();
                break;
            case Happening.ReplacedWithOverlap:
                tokens.Replace(TimeSpan.FromMinutes(5));
                await Task.WhenAll(openIds.Take(random.Next(1, 100)).Select(Start));
                Assert.Equal(0, town.Platform.Calls.Count(path));
                town.Time.Advance(TimeSpan.FromMinutes(5));
                break;
            case Happening.ReplacedUnderWay:
            case Happening.ExpiredUnderWay:
                using (var sends = town.Platform.Hold(Send))
                {
                    var underWay = random.Next(1, Callers);
                    foreach (var openId in openIds.Take(underWay))
                    {
                        _ = Start(openId);
                    }

                    await sends.WaitForCallsAsync(underWay);
                    if (happening == Happening.ReplacedUnderWay)
                    {
                        tokens.Replace();
                    }
                    else
                    {
                        tokens.Expire();
                    }
                }

                break;
            case Happening.TakenByASecondHost:
                // Another process with a store of its own: on the classic channel its token ends this one's after five minutes.
                token.Open();
                await using (var second = town.Build())
                {
                    Assert.True((await second.GetRequiredService<ITemplateMessageSender>().SendAsync(openIds[1], town.Message("second"))).IsSent);
                    sent++;
                }

                token = town.Platform.Hold(path);
                town.Platform.Calls.Clear();
                town.Time.Advance(TimeSpan.FromMinutes(5));
                break;
            default:
                throw new UnreachableCase();
        }

        foreach (var openId in openIds.OrderBy(_ => random.Next()).Take(Callers - pushes.Count))
        {
            _ = Start(openId);
        }

        for (var i = random.Next(100); i > 0; i--)
        {
            await Task.Yield();
        }

        token.Open();
        Assert.All(await Task.WhenAll(pushes), result => Assert.Equal(PushStatus.Sent, result.Status));
        Assert.Equal(Callers, pushes.Count);
        Assert.Equal(sent + Callers, town.Account.DeliveredCount);
        Assert.InRange(town.Platform.Calls.Count(Stable) + town.Platform.Calls.Count(Classic), 0, 2);

        Task<PushResult> Start(string openId)
        {
            var push = Task.Run(() => sender.SendAsync(openId, town.Message($"{pushes.Count}")));
            pushes.Add(push);
            return push;
        }
    }

    private static async Task<(ITemplateMessageSender Sender, IReadOnlyList<string> OpenIds)> WarmAsync(Town town)
    {
        var openIds = Follow(town, 100);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        await sender.SendAsync(openIds[0], town.Message("warm"));
        return (sender, openIds);
    }

    private static List<string> Follow(Town town, int count)
    {
        var people = town.Platform.AddPeople(count);
        town.Account.AddFollowers(people);
        return [.. people.Select(person => person.OpenIdIn(town.Account))];
    }

    private sealed class UnreachableCase([CallerMemberName] string? where = null) : Exception(where);
}
