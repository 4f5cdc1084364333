using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Everything at once: whatever the platform and the network do, each push is accounted for, and nobody gets a message twice.</summary>
[Collection<Alone>]
public sealed class ChaosTests
{
    private const string Send = "/cgi-bin/message/template/send";

    public static TheoryData<int> Seeds => [.. Runs.Seeds(2, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Every_push_ends_as_sent_refused_or_unknown_and_none_is_delivered_twice(int seed)
    {
        const int pushes = 10_000;
        var clock = new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
        var time = new LivingTime(clock, new WeChatHttpOptions().AttemptTimeout);
        var platform = new SimulatedPlatform(time.Platform, seed);
        platform.Calls.Capacity = 0;
        var account = platform.AddOfficialAccount(Town.OfficialAccountAppId, Secrets.OfficialAccount, Town.OpenPlatform);
        var miniProgram = platform.AddMiniProgram(Town.MiniProgramAppId, Secrets.MiniProgram, Town.OpenPlatform);
        var template = account.AddTemplate("订单支付成功通知", "商品名称:{{thing1.DATA}}");
        var people = platform.AddPeople(pushes);
        account.AddFollowers(people);
        var host = Host(platform, time);
        await FillAsync(host, account, miniProgram, people, clock.GetUtcNow());

        // Some have left without the repository knowing, and the platform refuses them.
        foreach (var person in people.Where((_, index) => index % 50 == 7))
        {
            person.Unfollow(account);
        }

        var faults = Declare(platform, account);
        var push = host.GetRequiredService<IUnionPush>();
        var began = clock.GetUtcNow();
        var results = await time.RunAsync(PushAllAsync());
        await time.DisposeHostAsync(host);

        Assert.All(faults, fault => Assert.InRange(fault.Strikes, 1, long.MaxValue));
        var delivered = account.Messages.GroupBy(message => message.Person).ToDictionary(messages => messages.Key, messages => messages.Count());
        Assert.All(delivered.Values, count => Assert.Equal(1, count));

        // Sent means delivered, refused means not; what is unknown is either, and is said to be.
        Assert.All(results, result => Assert.True(result switch
        {
            { Outcome: "sent" } => delivered.ContainsKey(result.Person) && result.Result is { ErrorCode: null }
                && (result.Result.MessageId is null || account.FindMessage(result.Result.MessageId.Value)!.Person.Equals(result.Person)),
            { Outcome: "refused" } => !delivered.ContainsKey(result.Person),
            _ => result.Result is { Status: PushStatus.Unknown, Reason: not null },
        }, $"{result.Outcome} {result.Failure?.Message} {result.Result}"));
        var counts = results.CountBy(result => result.Outcome).ToDictionary();
        Assert.Equal(pushes, counts.Values.Sum());
        Assert.Equal(account.DeliveredCount, delivered.Count);
        Assert.InRange(counts["sent"], pushes * 80 / 100, pushes * 98 / 100);
        Assert.InRange(counts["refused"], pushes / 100, pushes * 20 / 100);
        TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join(", ", counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))}; "
            + $"{platform.Calls.Count(Send)} calls in {clock.GetUtcNow() - began}; {string.Join(", ", faults)}");

        // As many at once as the pace lets out within a call's time limit.
        async Task<List<(SimulatedPerson Person, string Outcome, PushResult? Result, WeChatApiException? Failure)>> PushAllAsync()
        {
            var results = new ConcurrentQueue<(SimulatedPerson, string, PushResult?, WeChatApiException?)>();
            await Parallel.ForEachAsync(people, new ParallelOptions { MaxDegreeOfParallelism = 500 },
                async (person, _) => results.Enqueue(await PushAsync(person).ConfigureAwait(false))).ConfigureAwait(false);
            return [.. results];
        }

        async Task<(SimulatedPerson Person, string Outcome, PushResult? Result, WeChatApiException? Failure)> PushAsync(SimulatedPerson person)
        {
            try
            {
                var message = TemplateMessage.Create(template.Id).Thing("thing1", $"商品{person.Index}").Build();
                var result = await push.PushAsync(person.OpenIdIn(miniProgram), message).ConfigureAwait(false);
                return (person, result.Status switch { PushStatus.Sent => "sent", PushStatus.Unknown => "unknown", _ => "refused" }, result, null);
            }
            catch (WeChatApiException exception) when (!exception.OutcomeUnknown)
            {
                return (person, "refused", null, exception);
            }
        }
    }

    private static SimulatedFault[] Declare(SimulatedPlatform platform, SimulatedOfficialAccount account)
    {
        // One in a hundred cannot be read; what is only odd must be read all the same.
        SimulatedFault[] unreadable = [SimulatedFault.EmptyBody(), SimulatedFault.TruncatedBody(), SimulatedFault.ArrayForObject(), SimulatedFault.MissingFields()];
        SimulatedFault[] odd =
        [
            SimulatedFault.ByteOrderMark(), SimulatedFault.InvalidUtf8(), SimulatedFault.ControlCharacters(), SimulatedFault.NumbersAsText(),
            SimulatedFault.ContentType("text/html; charset=utf8"),
        ];
        return
        [
            .. new[]
            {
                SimulatedFault.Busy().WithProbability(0.1),
                SimulatedFault.Gateway().WithProbability(0.025),
                SimulatedFault.Gateway().AfterProcessing().WithProbability(0.025),
                SimulatedFault.ConnectionReset().WithProbability(0.015),
                SimulatedFault.ConnectionReset().AfterProcessing().WithProbability(0.015),
                SimulatedFault.ConnectionReset(inBody: true).WithProbability(0.01),
                SimulatedFault.ConnectionRefused().WithProbability(0.01),

                // Spikes, some of them beyond the ten seconds of an attempt.
                SimulatedFault.Latency(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(80)),
                SimulatedFault.Latency(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12)).WithProbability(0.02),

                // Another instance takes the tokens now and then.
                SimulatedFault.TokensTaken(account.AccessTokens).On(Send).Every(900),
            }
            .Concat(unreadable.Select(fault => fault.WithProbability(0.0025)))
            .Concat(odd.Select(fault => fault.WithProbability(0.005)))
            .Select(platform.Faults.Add),
        ];
    }

    private static ServiceProvider Host(SimulatedPlatform platform, LivingTime time)
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(options =>
        {
            Town.SetCredentials(options);
            options.TemplateMessages.MaxPerSecond = 60;
        }).UseSimulator(platform);
        services.Replace(ServiceDescriptor.Singleton(time.Host));
        return services.BuildServiceProvider();
    }

    private static async Task FillAsync(ServiceProvider host, SimulatedOfficialAccount account, SimulatedMiniProgram miniProgram, SimulatedPopulation people, DateTimeOffset now)
    {
        var repository = host.GetRequiredService<IUnionIdRepository>();
        foreach (var chunk in people.Chunk(500))
        {
            await repository.SaveAsync(
                [
                    .. chunk.Select(person => new WeChatIdentity(account.AppId, person.OpenIdIn(account))
                        { UnionId = person.UnionIdUnder(Town.OpenPlatform), FollowState = FollowState.Following, ObservedAt = now, DetailsAt = now }),
                    .. chunk.Select(person => new WeChatIdentity(miniProgram.AppId, person.OpenIdIn(miniProgram))
                        { UnionId = person.UnionIdUnder(Town.OpenPlatform), ObservedAt = now, DetailsAt = now }),
                ]);
        }
    }
}
