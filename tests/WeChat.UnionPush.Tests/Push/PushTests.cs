using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

public sealed class PushTests
{
    [Fact]
    public async Task A_Mini_Program_user_who_follows_gets_the_message_on_the_Official_Account()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();

        var result = await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message("云南小粒咖啡 ☕"));

        Assert.Equal(PushStatus.Sent, result.Status);
        var message = Assert.Single(town.Account.MessagesTo(person));
        Assert.Equal(result.MessageId, message.MessageId);
        Assert.Equal("云南小粒咖啡 ☕", message.Values["thing1"]);
        Assert.Equal("¥39.80", message.Values["amount2"]);
    }

    [Fact]
    public async Task Who_cannot_be_reached_is_a_result_each_with_its_own_reason()
    {
        await using var town = new Town();
        var reachable = await town.AddReachablePersonAsync();
        var stranger = town.Platform.AddPerson();
        var unlinked = town.Platform.AddPerson();
        unlinked.Follow(town.Account);
        town.MiniProgram.WithholdsUnionIdFrom = person => person.Equals(unlinked);
        await town.SignInAsync(unlinked);
        var neverFollowed = town.Platform.AddPerson();
        await town.SignInAsync(neverFollowed);
        var left = await town.AddReachablePersonAsync();
        left.Unfollow(town.Account);
        var refusing = await town.AddReachablePersonAsync();
        refusing.RefuseMessages(town.Account);

        Assert.Equal(PushStatus.Sent, await PushAsync(reachable));
        Assert.Equal(PushStatus.NotSignedIn, await PushAsync(stranger));
        Assert.Equal(PushStatus.NotLinked, await PushAsync(unlinked));
        Assert.Equal(PushStatus.NotFollowing, await PushAsync(neverFollowed));
        Assert.Equal(PushStatus.NotFollowing, await PushAsync(left));
        Assert.Equal(PushStatus.Refused, await PushAsync(refusing));

        var sends = town.Platform.Calls.Count("/cgi-bin/message/template/send");
        Assert.Equal(PushStatus.NotFollowing, await PushAsync(left));
        Assert.Equal(PushStatus.Refused, await PushAsync(refusing));
        Assert.Equal(sends, town.Platform.Calls.Count("/cgi-bin/message/template/send"));

        async Task<PushStatus> PushAsync(SimulatedPerson person) =>
            (await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).Status;
    }

    [Fact]
    public async Task A_push_by_UnionID_finds_the_follower()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();

        var result = await town.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), town.Message());
        var nobody = await town.Push.PushToUnionIdAsync("oNobodyNobodyNobodyNobody000", town.Message());

        Assert.True(result.IsSent);
        Assert.Equal(PushStatus.NotFollowing, nobody.Status);
        Assert.Single(town.Account.MessagesTo(person));
    }

    [Fact]
    public async Task A_sync_of_25000_followers_lists_in_four_calls_and_asks_in_250_and_the_second_asks_nothing()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(25_000));

        var first = await town.Push.SyncFollowersAsync();
        Assert.Equal(FollowerSyncOutcome.Completed, first.Outcome);
        Assert.Equal(25_000, first.Listed);
        Assert.Equal(25_000, first.Detailed);
        Assert.Equal(25_000, first.Linked);
        Assert.InRange(town.Platform.Calls.Count("/cgi-bin/user/get"), 3, 4);
        Assert.Equal(250, town.Platform.Calls.Count("/cgi-bin/user/info/batchget"));
        Assert.Equal(0, town.Platform.Calls.Count("/cgi-bin/user/info"));

        town.Platform.Calls.Clear();
        var second = await town.Push.SyncFollowersAsync();
        Assert.Equal(FollowerSyncOutcome.Completed, second.Outcome);
        Assert.Equal(25_000, second.Listed);
        Assert.Equal(0, second.Detailed);
        Assert.Equal(0, second.Left);
        Assert.InRange(town.Platform.Calls.Count("/cgi-bin/user/get"), 3, 4);
        Assert.Equal(0, town.Platform.Calls.Count("/cgi-bin/user/info/batchget"));
    }

    [Fact]
    public async Task A_thousand_pushes_on_a_cold_start_make_exactly_one_token_call()
    {
        await using var town = new Town();
        var people = town.Platform.AddPeople(1000);
        town.Account.AddFollowers(people);
        await town.Push.SyncFollowersAsync();
        foreach (var person in people)
        {
            await town.SignInAsync(person);
        }

        // A second host on the same store is as cold as a new process.
        town.Platform.Calls.Clear();
        await using var cold = town.Build(builder => builder.UseRepository(_ => town.Repository));
        using var gate = town.Platform.Hold("/cgi-bin/stable_token");
        var push = cold.GetRequiredService<IUnionPush>();
        var pushes = people.Select(person => Task.Run(() => push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message()))).ToArray();
        await gate.WaitForCallsAsync(1);
        gate.Open();
        var results = await Task.WhenAll(pushes);

        Assert.All(results, result => Assert.True(result.IsSent));
        Assert.Equal(1, town.Platform.Calls.Count("/cgi-bin/stable_token"));
        Assert.Equal(0, town.Platform.Calls.Count("/cgi-bin/token"));
        Assert.Equal(1000, town.Account.DeliveredCount);
    }

    [Fact]
    public async Task A_command_delivered_twice_sends_once()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();

        for (var i = 0; i < 2; i++)
        {
            var message = TemplateMessage.Create(town.Template.Id).Thing("thing1", "巧克力").Amount("amount2", 39.8m).Time("time3", town.Time.GetUtcNow())
                .IdempotencyKey("order-42-paid").Build();
            var result = await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), message);
            Assert.Contains(result.Status, new[] { PushStatus.Sent, PushStatus.Duplicate });
        }

        Assert.Equal(1, town.Account.DeliveredCount);
    }
}
