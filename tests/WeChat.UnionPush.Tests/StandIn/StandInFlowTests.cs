using WeChat.UnionPush.StandIn;

namespace WeChat.UnionPush.Tests.StandIn;

public sealed class StandInFlowTests
{
    /// <summary>These answer nothing that a flow could end with, so they have tests of their own.</summary>
    private const Mischief NotForTheFlow = Mischief.HitsEverything | Mischief.Redirect;

    public static TheoryData<Mischief> Modes => [.. Enum.GetValues<Mischief>().Where(mischief => (mischief & NotForTheFlow) == 0)];

    [Theory]
    [MemberData(nameof(Modes))]
    public Task The_whole_flow_agrees_with_the_stand_in_and_breaks_no_rule(Mischief mischief) => WholeFlow.RunAsync(mischief);

    [Fact]
    public Task The_whole_flow_holds_on_classic_tokens() =>
        WholeFlow.RunAsync(Mischief.OddTokens, configure: options => options.AccessToken.Channel = AccessTokenChannel.Classic);

    public static TheoryData<int, Mischief> Mixtures => [.. Enumerable.Range(1, 16).Select(Mix)];

    [Theory]
    [MemberData(nameof(Mixtures))]
    public Task The_whole_flow_holds_when_five_kinds_of_mischief_come_together(int seed, Mischief mischief) => WholeFlow.RunAsync(mischief, seed);

    [Theory]
    [InlineData(Mischief.CloseBeforeAnswer)]
    [InlineData(Mischief.CloseInAnswer)]
    [InlineData(Mischief.Reset)]
    [InlineData(Mischief.Busy)]
    [InlineData(Mischief.BadGateway)]
    [InlineData(Mischief.EmptyGatewayTimeout)]
    public async Task A_login_code_is_sent_once_whatever_becomes_of_the_connection(Mischief mischief)
    {
        await using var host = new StandInHost();
        var people = Enumerable.Range(0, 20).Select(_ => host.Ledger.AddPerson()).ToList();

        // A first call that goes well leaves a connection in the pool, on which a handler would dare to repeat.
        await host.Push.SignInAsync(host.Ledger.CreateLoginCode(people[0]));
        host.Platform.Mischief = mischief | Mischief.HitsEverything;
        foreach (var person in people)
        {
            host.Platform.Mischief = mischief | Mischief.HitsEverything;
            var code = host.Ledger.CreateLoginCode(person);
            var lost = await Assert.ThrowsAsync<WeChatApiException>(() => host.Push.SignInAsync(code));
            Assert.DoesNotContain(host.Ledger.Secrets, secret => lost.ToString().Contains(secret, StringComparison.Ordinal));
            Assert.InRange(host.Ledger.UsesOf(code), 0, 1);

            // The next one goes well, on a connection that is kept for the one after it.
            host.Platform.Mischief = Mischief.None;
            var user = await host.Push.SignInAsync(host.Ledger.CreateLoginCode(person));
            Assert.Equal(person.MiniProgramOpenId, user.OpenId);
        }

        Assert.Equal(41, host.Ledger.CallsOf("/sns/jscode2session") + host.Platform.Unreached);
        host.AssertNoViolation();
    }

    [Theory]
    [InlineData(Mischief.ThreeRequestsPerConnection)]
    [InlineData(Mischief.Http10)]
    [InlineData(Mischief.CloseWhenIdle)]
    public async Task A_connection_that_was_closed_while_idle_costs_no_sign_in(Mischief mischief)
    {
        await using var host = new StandInHost(mischief);
        var people = Enumerable.Range(0, 60).Select(_ => host.Ledger.AddPerson()).ToList();
        foreach (var person in people)
        {
            Assert.Equal(person.UnionId, (await host.Push.SignInAsync(host.Ledger.CreateLoginCode(person))).UnionId);
        }

        await Parallel.ForEachAsync(people, async (person, stop) => await host.Push.SignInAsync(host.Ledger.CreateLoginCode(person), cancellationToken: stop));
        Assert.Equal(120, host.Ledger.CallsOf("/sns/jscode2session"));
        host.AssertNoViolation();
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var host = new StandInHost(Mischief.Redirect);
        var person = host.Ledger.AddPerson();
        var code = host.Ledger.CreateLoginCode(person);
        await Assert.ThrowsAsync<WeChatApiException>(() => host.Push.SignInAsync(code));
        await Assert.ThrowsAsync<WeChatApiException>(() => host.Push.SyncFollowersAsync());
        host.AssertNoViolation();
    }

    [Fact]
    public async Task People_who_get_their_UnionIDs_late_are_reached_after_the_next_full_sync()
    {
        await using var host = new StandInHost();
        var ledger = host.Ledger;
        ledger.IsBound = false;
        var person = ledger.AddPerson();
        var message = TemplateMessage.Create(ledger.TemplateIds[0]).Thing("thing1", "巧克力").Amount("amount2", 1m).Set("time3", "15:01").Build();
        Assert.Equal(FollowerSyncOutcome.Completed, (await host.Push.SyncFollowersAsync()).Outcome);
        var user = await host.Push.SignInAsync(ledger.CreateLoginCode(person));
        Assert.Null(user.UnionId);
        Assert.Equal(PushStatus.NotLinked, (await host.Push.PushAsync(user.OpenId, message)).Status);

        // The apps are bound to one Open Platform account now; the Mini Program's side shows it first.
        ledger.IsBound = true;
        user = await host.Push.SignInAsync(ledger.CreateLoginCode(person));
        Assert.Equal(person.UnionId, user.UnionId);
        Assert.Empty(ledger.Messages);
        await host.Push.SyncFollowersAsync(full: true);
        Assert.True((await host.Push.PushAsync(user.OpenId, message)).IsSent);
        Assert.Equal(person.OpenId, Assert.Single(ledger.Messages).ToUser);
        host.AssertNoViolation();
    }

    [Theory]
    [InlineData("thing1", "一二三四五六七八九十一二三四五六七八九十一")]
    [InlineData("amount2", "三十九元八角")]
    [InlineData("time3", "明天")]
    public async Task A_value_that_the_platform_refuses_is_named(string key, string value)
    {
        await using var host = new StandInHost();
        var person = host.Ledger.AddPerson();
        var builder = TemplateMessage.Create(host.Ledger.TemplateIds[0]).WhenValuesDoNotFit(TemplateValuePolicy.PassThrough);
        foreach (var (name, good) in (ReadOnlySpan<(string, string)>)[("thing1", "巧克力"), ("amount2", "¥1"), ("time3", "15:01")])
        {
            builder.Set(name, name == key ? value : good);
        }

        var refused = await Assert.ThrowsAsync<WeChatApiException>(() => host.Get<ITemplateMessageSender>().SendAsync(person.OpenId, builder.Build()));
        Assert.Equal(47003, refused.ErrorCode!.Value.Value);
        Assert.Equal(key, refused.Field);
        host.AssertNoViolation();
    }

    [Fact]
    public void The_stand_in_knows_nothing_of_the_library() =>
        Assert.DoesNotContain(typeof(StandInPlatform).Assembly.GetReferencedAssemblies(), name => name.Name!.StartsWith("WeChat.", StringComparison.Ordinal));

    private static TheoryDataRow<int, Mischief> Mix(int seed)
    {
        Mischief[] single = [.. Modes.Select(row => row.Data).Where(mischief => mischief != Mischief.None)];
        new Random(seed).Shuffle(single);
        return new(seed, single[..5].Aggregate((all, one) => all | one));
    }
}
