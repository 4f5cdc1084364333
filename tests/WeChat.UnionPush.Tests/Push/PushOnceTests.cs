using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>A message that is to go out once does, however often and wherever the push is made.</summary>
public sealed class PushOnceTests(PostgreSqlServer postgreSql, MariaDbServer mariaDb)
{
    private const string Send = "/cgi-bin/message/template/send";

    [Fact]
    public async Task Made_again_days_later_it_tells_the_first_push_and_calls_nobody()
    {
        await using var town = new Town();
        var openId = (await town.AddReachablePersonAsync()).OpenIdIn(town.MiniProgram);

        var first = await town.Push.PushOnceAsync(openId, Message(town, "command-1"));
        town.Time.Advance(TimeSpan.FromDays(20));
        var again = await town.Push.PushOnceAsync(openId, Message(town, "command-1"));

        Assert.Equal(PushStatus.Sent, first.Status);
        Assert.Equal((PushStatus.Duplicate, first.MessageId), (again.Status, again.MessageId));
        Assert.Equal(1, town.Platform.Calls.Count(Send));
        Assert.Equal(PushStatus.Sent, (await town.Push.PushOnceAsync(openId, Message(town, "command-2"))).Status);
        await Assert.ThrowsAsync<ArgumentException>(() => town.Push.PushOnceAsync(openId, town.Message()));
    }

    [Fact]
    public async Task By_UnionID_it_goes_out_once_too()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        var unionId = person.UnionIdUnder(Town.OpenPlatform);

        var first = await town.Push.PushOnceToUnionIdAsync(unionId, Message(town, "command-1"));
        town.Time.Advance(TimeSpan.FromDays(20));
        var again = await town.Push.PushOnceToUnionIdAsync(unionId, Message(town, "command-1"));

        Assert.Equal(PushStatus.Sent, first.Status);
        Assert.Equal((PushStatus.Duplicate, first.MessageId), (again.Status, again.MessageId));
        Assert.Equal(1, town.Platform.Calls.Count(Send));
        Assert.Equal(PushStatus.NotFollowing, (await town.Push.PushOnceToUnionIdAsync("uNobody", Message(town, "command-1"))).Status);
        await Assert.ThrowsAsync<ArgumentException>(() => town.Push.PushOnceToUnionIdAsync(unionId, town.Message()));
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public async Task Made_by_several_machines_at_once_it_goes_out_once(string kind)
    {
        IStores stores = kind switch { "PostgreSQL" => postgreSql, "MariaDB" => mariaDb, _ => new SqliteStores() };
        await using var data = await stores.CreateAsync();
        await using var town = new Town();
        var hosts = Enumerable.Range(0, 3).Select(_ => town.Build(builder => builder.UseStorage(_ => data.Open(town.Time)))).ToList();
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        await hosts[0].GetRequiredService<IUnionPush>().SyncFollowersAsync();
        await hosts[0].GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(town.MiniProgram));

        for (var command = 1; command <= 10; command++)
        {
            var message = Message(town, $"command-{command}");
            var results = await Task.WhenAll(hosts.Select(host =>
                Task.Run(() => host.GetRequiredService<IUnionPush>().PushOnceAsync(person.OpenIdIn(town.MiniProgram), message))));

            Assert.All(results, result => Assert.True(result.Status is PushStatus.Sent or PushStatus.Duplicate, $"{result}"));
            Assert.Equal(command, town.Account.MessagesTo(person).Count);
        }

        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_unknown_outcome_is_made_certain_for_nine_minutes_and_sends_nothing_after_them()
    {
        await using var town = new Town(configure: options => options.Http.MaxRetries = 0);
        var person = await town.AddReachablePersonAsync();
        var openId = person.OpenIdIn(town.MiniProgram);
        var fault = town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Send));
        Assert.Equal(PushStatus.Unknown, (await town.Push.PushOnceAsync(openId, Message(town, "command-1"))).Status);
        Assert.Equal(PushStatus.Unknown, (await town.Push.PushOnceAsync(openId, Message(town, "command-2"))).Status);
        town.Platform.Faults.Remove(fault);

        town.Time.Advance(TimeSpan.FromMinutes(8));

        // The platform knows the message and answers with its id.
        var certain = await town.Push.PushOnceAsync(openId, Message(town, "command-1"));
        Assert.Equal((PushStatus.Sent, town.Account.MessagesTo(person)[0].MessageId), (certain.Status, certain.MessageId));
        town.Time.Advance(TimeSpan.FromMinutes(8));
        var calls = town.Platform.Calls.Count(Send);
        Assert.Equal(PushStatus.Duplicate, (await town.Push.PushOnceAsync(openId, Message(town, "command-1"))).Status);
        Assert.Equal(PushStatus.Unknown, (await town.Push.PushOnceAsync(openId, Message(town, "command-2"))).Status);

        Assert.Equal(calls, town.Platform.Calls.Count(Send));
        Assert.Equal(2, town.Account.MessagesTo(person).Count);
    }

    [Fact]
    public async Task Where_nothing_was_sent_the_same_push_tries_again()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        var openId = person.OpenIdIn(town.MiniProgram);
        person.Unfollow(town.Account);
        await town.Push.SyncFollowersAsync();
        Assert.Equal(PushStatus.NotFollowing, (await town.Push.PushOnceAsync(openId, Message(town, "command-1"))).Status);
        person.Follow(town.Account);
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(TimeSpan.FromHours(1));
        town.Platform.Faults.Add(SimulatedFault.Error(40037).On(Send).Times(1));
        await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.PushOnceAsync(openId, Message(town, "command-1")));
        town.Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(PushStatus.Sent, (await town.Push.PushOnceAsync(openId, Message(town, "command-1"))).Status);
        Assert.Equal(PushStatus.Duplicate, (await town.Push.PushOnceAsync(openId, Message(town, "command-1"))).Status);
        Assert.Single(town.Account.MessagesTo(person));
    }

    [Fact]
    public async Task Beside_an_attempt_on_a_further_channel_that_comes_to_nothing_it_is_not_taken_as_sent()
    {
        var bell = new Bell();
        await using var town = new Town(choose: builder => builder.AddReach(reach => reach.Fallback<Bell>()), services: services => services.AddSingleton(bell));
        var user = await town.SignInAsync(town.Platform.AddPerson());
        var first = town.Push.PushOnceAsync(user.OpenId, Message(town, "command-1"));
        await bell.Rings.Task;
        Assert.Equal(PushStatus.Unknown, (await town.Push.PushOnceAsync(user.OpenId, Message(town, "command-1"))).Status);
        bell.Answer.SetResult(false);
        Assert.Equal(PushStatus.NotFollowing, (await first).Status);

        // So the key is free.
        bell.Answer = new();
        bell.Answer.SetResult(true);
        Assert.Equal((PushStatus.Sent, PushChannel.Fallback), Of(await town.Push.PushOnceAsync(user.OpenId, Message(town, "command-1"))));
        Assert.Equal((PushStatus.Duplicate, PushChannel.Fallback), Of(await town.Push.PushOnceAsync(user.OpenId, Message(town, "command-1"))));
    }

    [Fact]
    public async Task What_a_plain_push_with_the_same_key_sent_on_a_further_channel_is_remembered_too()
    {
        var bell = new Bell();
        await using var town = new Town(choose: builder => builder.AddReach(reach => reach.Fallback<Bell>()), services: services => services.AddSingleton(bell));
        var user = await town.SignInAsync(town.Platform.AddPerson());
        bell.Answer.SetResult(true);
        Assert.Equal((PushStatus.Sent, PushChannel.Fallback), Of(await town.Push.PushAsync(user.OpenId, Message(town, "command-1"))));
        Assert.Equal((PushStatus.Duplicate, PushChannel.Fallback), Of(await town.Push.PushOnceAsync(user.OpenId, Message(town, "command-1"))));
        town.Time.Advance(TimeSpan.FromDays(20));
        Assert.Equal((PushStatus.Duplicate, PushChannel.Fallback), Of(await town.Push.PushOnceAsync(user.OpenId, Message(town, "command-1"))));
    }

    private static (PushStatus Status, PushChannel Channel) Of(PushResult result) => (result.Status, result.Channel);

    private static TemplateMessage Message(Town town, string key) => TemplateMessage.Create(town.Template.Id)
        .Thing("thing1", "巧克力").Amount("amount2", 39.80m).Time("time3", town.Time.GetUtcNow()).IdempotencyKey(key).Build();

    private sealed class Bell : IReachFallback
    {
        public TaskCompletionSource Rings { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<bool> Answer { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<bool> TrySendAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken = default)
        {
            Rings.TrySetResult();
            return Answer.Task;
        }
    }
}
