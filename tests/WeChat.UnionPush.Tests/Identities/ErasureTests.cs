using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Sqlite;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Stores;

namespace WeChat.UnionPush.Tests.Erasures;

/// <summary>Erased stays erased, whatever is on its way, on every store; who comes back by themselves is back.</summary>
public sealed class ErasureTests(PostgreSqlServer postgreSql, MariaDbServer mariaDb) : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private StoredData? _data;

    public static TheoryData<string> Stores => ["memory", "sqlite", "postgresql", "mariadb"];

    [Theory, MemberData(nameof(Stores))]
    public async Task Who_is_erased_while_details_are_on_their_way_stays_erased(string store)
    {
        await using var town = await TownAsync(store);
        var people = town.Platform.AddPeople(250);
        town.Account.AddFollowers(people);
        await town.SignInAsync(people[7]);
        using var gate = town.Platform.Hold("/cgi-bin/user/info/batchget");
        var syncing = town.Push.SyncFollowersAsync(full: true);
        await gate.WaitForCallsAsync(1);
        await town.Push.EraseAsync(people[7].OpenIdIn(town.MiniProgram));
        await town.Push.EraseByUnionIdAsync(people[8].UnionIdUnder(Town.OpenPlatform));
        gate.Open();
        Assert.Equal(FollowerSyncOutcome.Completed, (await syncing).Outcome);

        await ErasedAsync(town, people[7]);
        await ErasedAsync(town, people[8]);
        Assert.Single(await town.Repository.FindAsync(Town.OfficialAccountAppId, [people[9].OpenIdIn(town.Account)]));
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Who_is_erased_while_the_list_is_on_its_way_stays_erased_and_at_later_syncs_too(string store)
    {
        await using var town = await TownAsync(store);
        var person = await town.AddReachablePersonAsync();
        var other = await town.AddReachablePersonAsync();
        town.Time.Advance(TimeSpan.FromHours(1));
        using (var gate = town.Platform.Hold("/cgi-bin/user/get"))
        {
            var syncing = town.Push.SyncFollowersAsync();
            await gate.WaitForCallsAsync(1);
            Assert.Equal(2, (await town.Push.EraseAsync(person.OpenIdIn(town.MiniProgram))).Count);
            gate.Open();
            await syncing;
        }

        await ErasedAsync(town, person);
        for (var day = 0; day < 3; day++)
        {
            town.Time.Advance(TimeSpan.FromDays(1));
            await town.Push.SyncFollowersAsync(full: day == 1);
            await ErasedAsync(town, person);
        }

        Assert.True((await town.Push.PushAsync(other.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Who_is_erased_while_signing_in_stays_erased(string store)
    {
        await using var town = await TownAsync(store);
        var person = town.Platform.AddPerson();
        await town.SignInAsync(person);
        using var gate = town.Platform.Hold("/sns/jscode2session");
        var signingIn = town.SignInAsync(person);
        await gate.WaitForCallsAsync(1);
        await town.Push.EraseAsync(person.OpenIdIn(town.MiniProgram));
        gate.Open();
        Assert.Equal(person.OpenIdIn(town.MiniProgram), (await signingIn).OpenId);
        await ErasedAsync(town, person);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Who_signs_in_later_is_back_and_found_as_a_follower_at_the_next_sync(string store)
    {
        await using var town = await TownAsync(store);
        var person = await town.AddReachablePersonAsync();
        await town.Push.EraseAsync(person.OpenIdIn(town.MiniProgram));
        Assert.Equal(PushStatus.NotSignedIn, await PushAsync(town, person));

        // At the same moment by the clock: the order of the store decides.
        await town.SignInAsync(person);
        Assert.Equal(PushStatus.NotFollowing, await PushAsync(town, person));
        await town.Push.SyncFollowersAsync();
        Assert.Equal(PushStatus.Sent, await PushAsync(town, person));
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Who_follows_again_later_is_back(string store)
    {
        await using var town = await TownAsync(store);
        var person = await town.AddReachablePersonAsync();
        await town.Push.EraseAsync(person.OpenIdIn(town.MiniProgram));
        town.Time.Advance(TimeSpan.FromMinutes(1));
        person.Unfollow(town.Account);
        person.Follow(town.Account);
        await town.Push.SyncFollowersAsync();
        Assert.True((await town.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), town.Message())).IsSent);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task A_refused_send_does_not_bring_back_who_was_erased_meanwhile(string store)
    {
        await using var town = await TownAsync(store);
        var person = await town.AddReachablePersonAsync();
        person.RefuseMessages(town.Account);
        using var gate = town.Platform.Hold("/cgi-bin/message/template/send");
        var pushing = town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message());
        await gate.WaitForCallsAsync(1);
        await town.Push.EraseByUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform));
        gate.Open();
        Assert.Equal(PushStatus.Refused, (await pushing).Status);
        await ErasedAsync(town, person);
    }

    [Fact]
    public async Task Clocks_that_jump_do_not_bring_anybody_back_or_keep_anybody_away()
    {
        foreach (var jump in new[] { TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1) })
        {
            var clock = new JumpingClock();
            await using var town = new Town(services: services => services.AddSingleton<TimeProvider>(clock));
            clock.Inner = town.Time;
            var person = await town.AddReachablePersonAsync();
            using (var gate = town.Platform.Hold("/cgi-bin/user/info/batchget"))
            {
                var syncing = town.Push.SyncFollowersAsync(full: true);
                await gate.WaitForCallsAsync(1);
                clock.Offset = jump;
                await town.Push.EraseAsync(person.OpenIdIn(town.MiniProgram));
                gate.Open();
                await syncing;
            }

            await ErasedAsync(town, person);
            clock.Offset = 2 * jump;
            await town.SignInAsync(person);
            Assert.Single(await town.Repository.FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(town.MiniProgram)]));
        }
    }

    [Fact]
    public async Task Receipts_of_both_apps_lose_the_recipient_also_when_the_first_try_fails()
    {
        var receipts = new FailingReceipts();
        await using var town = new Town(choose: builder => builder.AddReceipts().UseMessageReceipts(_ => receipts));
        var person = await town.AddReachablePersonAsync();
        var sent = await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message());
        receipts.Fails = true;
        await Assert.ThrowsAsync<UnionPushStorageException>(() => town.Push.EraseAsync(person.OpenIdIn(town.MiniProgram)));
        receipts.Fails = false;
        Assert.Equal(2, (await town.Push.EraseAsync(person.OpenIdIn(town.MiniProgram))).Count);
        var receipt = Assert.Single(await receipts.FindAsync(Town.OfficialAccountAppId, [sent.MessageId!.Value]));
        Assert.Equal("", receipt.OpenId);
    }

    [Fact]
    public async Task What_is_left_of_an_erased_person_is_a_hash_that_expires()
    {
        await using var town = await TownAsync("sqlite");
        var person = await town.AddReachablePersonAsync();
        string[] ids = [person.OpenIdIn(town.MiniProgram), person.OpenIdIn(town.Account), person.UnionIdUnder(Town.OpenPlatform)];
        await town.Push.EraseAsync(ids[0]);
        var keys = Query("select key from unionpush_erasure");
        Assert.Equal(3, keys.Count);
        Assert.All(keys, key => Assert.All(ids, id => Assert.DoesNotContain(id, key, StringComparison.OrdinalIgnoreCase)));

        town.Time.Advance(TimeSpan.FromDays(31));
        await town.Push.EraseAsync("somebody");
        await town.Push.SyncFollowersAsync();
        Assert.Single(Query("select key from unionpush_erasure"));
        Assert.Single(await town.Repository.FindAsync(Town.OfficialAccountAppId, [ids[1]]));
    }

    [Fact]
    public async Task How_long_it_is_remembered_is_at_least_a_week()
    {
        await using var town = new Town(configure: options => options.FollowerSync.KeepErasuresFor = TimeSpan.FromDays(6));
        var refused = Assert.ThrowsAny<Exception>(() => town.Push);
        Assert.Contains("FollowerSync:KeepErasuresFor", refused.Message, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return _data?.DisposeAsync() ?? default;
    }

    private static async Task<PushStatus> PushAsync(Town town, SimulatedPerson person) => (await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).Status;

    private static async Task ErasedAsync(Town town, SimulatedPerson person)
    {
        Assert.Empty(await town.Repository.FindAsync(Town.OfficialAccountAppId, [person.OpenIdIn(town.Account)]));
        Assert.Empty(await town.Repository.FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(town.MiniProgram)]));
        Assert.Empty(await town.Repository.FindByUnionIdAsync(Town.OfficialAccountAppId, [person.UnionIdUnder(Town.OpenPlatform)]));
    }

    private List<string> Query(string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_folder.Path, "unionpush.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private async Task<Town> TownAsync(string store)
    {
        if (store is "memory" or "sqlite")
        {
            return new Town(choose: builder => _ = store == "sqlite" ? builder.UseSqlite($"Data Source={Path.Combine(_folder.Path, "unionpush.db")}") : builder);
        }

        IStores server = store == "mariadb" ? mariaDb : postgreSql;
        var data = _data = await server.CreateAsync();
        return new Town(choose: builder => builder.UseStorage(services => data.Open(services.GetRequiredService<TimeProvider>())));
    }

    private sealed class JumpingClock : TimeProvider
    {
        public TimeProvider Inner { get; set; } = System;

        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => Inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => Inner.GetUtcNow() + Offset;

        public override long GetTimestamp() => Inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => Inner.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class FailingReceipts : IMessageReceipts
    {
        private readonly InMemoryMessageReceipts _inner = new(TimeProvider.System);
        private int _forgets;

        public bool Fails { get; set; }

        public ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, CancellationToken cancellationToken = default) => _inner.SaveAsync(receipts, cancellationToken);

        public ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default) =>
            _inner.FindAsync(appId, messageIds, cancellationToken);

        public ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(string appId, IReadOnlyCollection<string> correlationIds,
            CancellationToken cancellationToken = default) => _inner.FindByCorrelationIdAsync(appId, correlationIds, cancellationToken);

        // The first app's receipts are forgotten, the second one's are not.
        public ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
            Fails && _forgets++ > 0 ? throw new UnionPushStorageException("out of order", isTransient: true) : _inner.ForgetRecipientsAsync(appId, openIds, cancellationToken);

        public ValueTask<IReadOnlyList<MessageReceipt>> ListAsync(string appId, MessageReceiptQuery query, CancellationToken cancellationToken = default) =>
            _inner.ListAsync(appId, query, cancellationToken);

        public ValueTask<int> ExpireAsync(DateTimeOffset savedBefore, int limit, CancellationToken cancellationToken = default) =>
            _inner.ExpireAsync(savedBefore, limit, cancellationToken);
    }
}
