using System.Collections.Concurrent;
using WeChat.UnionPush.MySql;
using WeChat.UnionPush.PostgreSql;
using WeChat.UnionPush.Sqlite;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>
/// People follow, leave, come back and refuse while messages are sent, and the platform tells of it late, twice and in any order, to two hosts of
/// which one is replaced. In the end the repository says what is true, and every accepted message has its one outcome.
/// </summary>
public sealed class TownLifeTests(PostgreSqlServer server, MariaDbServer mariaDb)
{
    private const int Rounds = 30;

    [Theory]
    [InlineData(1, SimulatedRefusal.AtSend)]
    [InlineData(2, SimulatedRefusal.ByEvent)]
    [InlineData(3, SimulatedRefusal.AtSend)]
    [InlineData(4, SimulatedRefusal.ByEvent)]
    public async Task In_the_end_everything_known_is_true_in_memory(int seed, SimulatedRefusal refusals)
    {
        await using var town = new Town(seed: seed);
        var stores = new Stores(new InMemoryUnionIdRepository(town.Time), new InMemoryWeChatEventInbox(town.Time), new InMemoryMessageReceipts(town.Time));
        await LiveAsync(town, seed, refusals, stores, stores);
    }

    [Theory]
    [InlineData(5, SimulatedRefusal.ByEvent)]
    [InlineData(6, SimulatedRefusal.AtSend)]
    public async Task In_the_end_everything_known_is_true_in_one_SQLite_file(int seed, SimulatedRefusal refusals)
    {
        await using var town = new Town(seed: seed);
        using var folder = new TemporaryFolder();
        await using var here = new SqliteUnionPushStorage($"Data Source={folder["town.db"]}", town.Time);
        await using var there = new SqliteUnionPushStorage($"Data Source={folder["town.db"]}", town.Time);
        await LiveAsync(town, seed, refusals, new(here.Identities, here.EventInbox, here.Receipts), new(there.Identities, there.EventInbox, there.Receipts));
    }

    [Theory]
    [InlineData(7, SimulatedRefusal.ByEvent)]
    [InlineData(8, SimulatedRefusal.AtSend)]
    public async Task In_the_end_everything_known_is_true_on_one_PostgreSQL(int seed, SimulatedRefusal refusals)
    {
        await using var town = new Town(seed: seed);
        var database = await server.CreateDatabaseAsync();
        await using var here = new PostgreSqlUnionPushStorage(database, town.Time);
        await using var there = new PostgreSqlUnionPushStorage(database, town.Time);
        await here.EnsureSchemaAsync();
        await LiveAsync(town, seed, refusals, new(here.Identities, here.EventInbox, here.Receipts), new(there.Identities, there.EventInbox, there.Receipts));
    }

    [Theory]
    [InlineData(9, SimulatedRefusal.ByEvent)]
    [InlineData(10, SimulatedRefusal.AtSend)]
    public async Task In_the_end_everything_known_is_true_on_one_MariaDB(int seed, SimulatedRefusal refusals)
    {
        await using var town = new Town(seed: seed);
        var database = await mariaDb.CreateDatabaseAsync();
        await using var here = new MySqlUnionPushStorage(database, town.Time);
        await using var there = new MySqlUnionPushStorage(database, town.Time);
        await here.EnsureSchemaAsync();
        await LiveAsync(town, seed, refusals, new(here.Identities, here.EventInbox, here.Receipts), new(there.Identities, there.EventInbox, there.Receipts));
    }

    private static async Task LiveAsync(Town town, int seed, SimulatedRefusal refusals, Stores one, Stores other)
    {
        town.Account.RefusedMessages = refusals;
        var inbox = new WatchedInbox(one.Inbox, other.Inbox);
        var life = new Life(town, inbox, seed);
        await using var there = await StartAsync(other);
        var here = await StartAsync(one);
        life.Hosts = [here, there];
        foreach (var person in life.People)
        {
            await here.Push.SignInAsync(person.CreateLoginCode(town.MiniProgram));
        }

        for (var round = 0; round < Rounds; round++)
        {
            await life.GoOnAsync();
            await life.SendAsync(round % 2 == 0 ? here : there, chance: 6);
            if (round == Rounds / 2)
            {
                life.Hosts = [there];
                await town.Platform.Callbacks.WhenIdleAsync().WaitAsync(Runs.Patience);
                await here.DisposeAsync();

                // What the other host passed over, since the sender's last event was here, it finds when it next looks by itself.
                town.Time.Advance(TimeSpan.FromSeconds(5));
                here = await StartAsync(one);
                life.Hosts = [here, there];
            }
        }

        await life.SettleAsync();

        // Who refuses is only found out by a message.
        town.Time.Advance(TimeSpan.FromSeconds(5));
        await life.SendAsync(here, chance: 1);
        await life.SettleAsync();

        foreach (var person in life.People)
        {
            Assert.Equal(life.Truth(person), await here.FollowStateAsync(person) ?? FollowState.NotFollowing);
        }

        var callbacks = town.Platform.Callbacks;
        Assert.Equal((0, callbacks.Events + callbacks.Duplicates), (callbacks.GivenUp, callbacks.Delivered));
        Assert.InRange(callbacks.Duplicates, 20, callbacks.Events);
        var found = await one.Receipts.FindAsync(Town.OfficialAccountAppId, [.. life.Outcomes.Keys]);
        Assert.Equal(town.Account.AcceptedCount, found.Count);
        Assert.All(found, receipt => Assert.Equal(life.Outcomes[receipt.MessageId], receipt.Status));
        Assert.All(found, receipt => Assert.True(receipt is { TemplateId: not null, SentAt: not null, FinishedAt: not null }));
        Assert.Equal((int)callbacks.Events, inbox.Settled);
        Assert.Equal(0, inbox.Buried);
        await here.DisposeAsync();

        Task<CallbackHost> StartAsync(Stores stores) => CallbackHost.StartAsync(
            town,
            options => options.HandlerTimeout = TimeSpan.FromHours(1),
            builder => builder.AddReceipts().UseRepository(_ => stores.Repository).UseMessageReceipts(_ => stores.Receipts),
            inbox);
    }

    private sealed record Stores(IUnionIdRepository Repository, IWeChatEventInbox Inbox, IMessageReceipts Receipts);

    private sealed class Life
    {
        private readonly Town _town;
        private readonly WatchedInbox _inbox;
        private readonly Random _random;
        private readonly HashSet<SimulatedPerson> _refusing = [];
        private int _pushes;

        public Life(Town town, WatchedInbox inbox, int seed)
        {
            (_town, _inbox, _random) = (town, inbox, new Random(seed));
            People = [.. town.Platform.AddPeople(60)];
            town.Account.Callback = new SimulatedCallback(PlatformPush.Token, ReceiveAsync)
            {
                Mode = SimulatedCallbackMode.Safe,
                EncodingAesKey = PlatformPush.Key,
                DuplicateProbability = 0.3,
                Delay = (TimeSpan.Zero, TimeSpan.FromMinutes(2)),
            };
        }

        public SimulatedPerson[] People { get; }

        /// <summary>Who takes pushes just now.</summary>
        public CallbackHost[] Hosts { get; set; } = [];

        /// <summary>What became of each accepted message.</summary>
        public ConcurrentDictionary<long, TemplateDeliveryStatus> Outcomes { get; } = new();

        public FollowState Truth(SimulatedPerson person) =>
            !person.IsFollowing(_town.Account) ? FollowState.NotFollowing : _refusing.Contains(person) ? FollowState.Refusing : FollowState.Following;

        public async Task GoOnAsync()
        {
            for (var i = 0; i < 15; i++)
            {
                var person = People[_random.Next(People.Length)];
                if (!person.IsFollowing(_town.Account))
                {
                    person.Follow(_town.Account, qrScene: _random.Next(2) == 0 ? null : "1");
                }
                else if (_random.Next(3) == 0 && _refusing.Add(person))
                {
                    person.RefuseMessages(_town.Account);
                }
                else
                {
                    _refusing.Remove(person);
                    person.Unfollow(_town.Account);
                }

                // Twice within a second, now and then. The platform waits five seconds for an answer, and so does the clock.
                await MoveAsync(TimeSpan.FromMilliseconds(_random.Next(500, 2_000)));
            }
        }

        /// <summary>Lets everything come to its end that is on its way.</summary>
        public async Task SettleAsync()
        {
            while (_town.Platform.Callbacks.Pending > 0)
            {
                await MoveAsync(TimeSpan.FromSeconds(1));
            }

            await _inbox.WaitUntilEmptyAsync(_town.Time);
        }

        /// <summary>Sends to about one of so many.</summary>
        public Task SendAsync(CallbackHost host, int chance) =>
            Task.WhenAll(People.Where(_ => _random.Next(chance) == 0).ToArray().Select(async person =>
            {
                var result = await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message());
                if (result.MessageId is { } messageId)
                {
                    Outcomes[messageId] = _town.Account.FindMessage(messageId)!.IsDelivered ? TemplateDeliveryStatus.Delivered : TemplateDeliveryStatus.UserBlocked;
                }
            }));

        private async Task MoveAsync(TimeSpan by)
        {
            await _inbox.WhenQuietAsync();
            _town.Time.Advance(by);
            await _town.Platform.Callbacks.WhenIdleAsync().WaitAsync(Runs.Patience);
        }

        private async Task<(int Status, string Body)> ReceiveAsync(string text, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        {
            var query = PlatformPush.QueryOf(text);
            var hosts = Hosts;
            var status = await hosts[Interlocked.Increment(ref _pushes) % hosts.Length].PostAsync(query, body.ToArray());
            return ((int)status, "");
        }
    }
}
