using System.Collections.Concurrent;
using System.Net;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>
/// People follow, leave, come back, refuse and accept while messages are sent, and the platform tells of it late, twice and in any order, to two
/// hosts of which one is replaced. In the end the repository says what is true, and every accepted message has its one outcome.
/// </summary>
public sealed class TownLifeTests
{
    private const int Rounds = 40;

    [Theory]
    [InlineData(1, SimulatedRefusal.AtSend)]
    [InlineData(2, SimulatedRefusal.ByEvent)]
    [InlineData(3, SimulatedRefusal.AtSend)]
    [InlineData(4, SimulatedRefusal.ByEvent)]
    [InlineData(5, SimulatedRefusal.AtSend)]
    [InlineData(6, SimulatedRefusal.ByEvent)]
    [InlineData(7, SimulatedRefusal.AtSend)]
    [InlineData(8, SimulatedRefusal.ByEvent)]
    [InlineData(9, SimulatedRefusal.AtSend)]
    [InlineData(10, SimulatedRefusal.ByEvent)]
    public async Task In_the_end_everything_known_is_true(int seed, SimulatedRefusal refusals)
    {
        await using var town = new Town(seed: seed);
        town.Account.RefusedMessages = refusals;
        var inbox = new WatchedInbox(new InMemoryWeChatEventInbox(town.Time));
        var (repository, receipts) = (new InMemoryUnionIdRepository(), new InMemoryMessageReceipts(town.Time));
        var life = new Life(town, seed);
        await using var there = await StartAsync();
        var here = await StartAsync();
        foreach (var person in life.People)
        {
            await here.Push.SignInAsync(person.CreateLoginCode(town.MiniProgram));
        }

        for (var round = 0; round < Rounds; round++)
        {
            life.GoOn();
            await life.SendAsync(round % 2 == 0 ? here : there, one: 6);
            if (round == Rounds / 2)
            {
                await here.DisposeAsync();
                await life.DeliverAsync([there], delayed: 2);
                here = await StartAsync();
            }

            await life.DeliverAsync([here, there], delayed: 3);
        }

        await life.DeliverAsync([here, there]);
        await inbox.WaitUntilEmptyAsync(town.Time);

        // Who refuses is only found out by a message.
        town.Time.Advance(TimeSpan.FromSeconds(5));
        await life.SendAsync(here, one: 1);
        await life.DeliverAsync([here, there]);
        await inbox.WaitUntilEmptyAsync(town.Time);

        foreach (var person in life.People)
        {
            Assert.Equal(life.Truth(person), await here.FollowStateAsync(person) ?? FollowState.NotFollowing);
        }

        var found = await receipts.FindAsync(Town.OfficialAccountAppId, [.. life.Outcomes.Keys]);
        Assert.Equal(town.Account.AcceptedCount, found.Count);
        Assert.All(found, receipt => Assert.Equal(life.Outcomes[receipt.MessageId], receipt.Status));
        Assert.All(found, receipt => Assert.True(receipt is { TemplateId: not null, SentAt: not null, FinishedAt: not null }));
        Assert.Equal(0, inbox.Buried);
        await here.DisposeAsync();

        Task<CallbackHost> StartAsync() => CallbackHost.StartAsync(
            town, choose: builder => builder.AddReceipts().UseRepository(_ => repository).UseMessageReceipts(_ => receipts), inbox: inbox);
    }

    private sealed class Life(Town town, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly HashSet<SimulatedPerson> _refusing = [];
        private readonly ConcurrentBag<string> _underWay = [];

        public SimulatedPerson[] People { get; } = [.. town.Platform.AddPeople(60)];

        /// <summary>What became of each accepted message.</summary>
        public ConcurrentDictionary<long, TemplateDeliveryStatus> Outcomes { get; } = new();

        public FollowState Truth(SimulatedPerson person) =>
            !person.IsFollowing(town.Account) ? FollowState.NotFollowing : _refusing.Contains(person) ? FollowState.Refusing : FollowState.Following;

        public void GoOn()
        {
            for (var i = 0; i < 15; i++)
            {
                var person = People[_random.Next(People.Length)];
                if (!person.IsFollowing(town.Account))
                {
                    person.Follow(town.Account);
                    _underWay.Add(CallbackHost.Event(town, person, "subscribe", _random.Next(2) == 0 ? "" : "<EventKey>qrscene_1</EventKey>"));
                }
                else if (_random.Next(3) == 0 && _refusing.Add(person))
                {
                    person.RefuseMessages(town.Account);
                }
                else
                {
                    _refusing.Remove(person);
                    person.Unfollow(town.Account);
                    _underWay.Add(CallbackHost.Event(town, person, "unsubscribe"));
                }

                // Twice within a second, now and then.
                town.Time.Advance(TimeSpan.FromMilliseconds(_random.Next(500, 2_000)));
            }
        }

        /// <summary>Sends to about one of so many.</summary>
        public Task SendAsync(CallbackHost host, int one) =>
            Task.WhenAll(People.Where(_ => _random.Next(one) == 0).ToArray().Select(async person =>
            {
                var result = await host.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message());
                if (result.MessageId is { } messageId)
                {
                    var delivered = town.Account.FindMessage(messageId)!.IsDelivered;
                    Outcomes[messageId] = delivered ? TemplateDeliveryStatus.Delivered : TemplateDeliveryStatus.UserBlocked;
                    _underWay.Add(CallbackHost.Finished(town, person, messageId, delivered ? "success" : "failed:user block"));
                }
            }));

        /// <summary>Posts what is under way in any order, up to three times each and to any host; one of so many waits for the next time.</summary>
        public async Task DeliverAsync(CallbackHost[] hosts, int? delayed = null)
        {
            var bodies = _underWay.Order(StringComparer.Ordinal).ToArray();
            _underWay.Clear();
            _random.Shuffle(bodies);
            var kept = delayed is { } one ? bodies.Length / one : 0;
            foreach (var body in bodies.Take(kept))
            {
                _underWay.Add(body);
            }

            var posts = bodies.Skip(kept).SelectMany(body => Enumerable.Repeat(body, _random.Next(1, 4))).ToArray();
            _random.Shuffle(posts);
            var answers = await Task.WhenAll(posts.Select(body => hosts[_random.Next(hosts.Length)].PostAsync(body)));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer));
        }
    }
}
