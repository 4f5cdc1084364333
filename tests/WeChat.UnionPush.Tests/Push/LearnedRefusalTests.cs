using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>What one refusal teaches is checked or forgotten; what is known costs no call.</summary>
public sealed class LearnedRefusalTests
{
    private const string Send = "/cgi-bin/message/template/send";
    private const string Info = "/cgi-bin/user/info";

    [Theory]
    [InlineData(43004)]
    [InlineData(50005)]
    [InlineData(10700)]
    public async Task A_true_follower_is_not_muted_by_a_single_refusal(int code)
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Platform.Faults.Add(SimulatedFault.Error(code).On(Send).Times(1));

        Assert.Equal(PushStatus.NotFollowing, await PushAsync(town, person));

        await Runs.UntilAsync(() => town.Platform.Calls.Count(Info) == 1 && StateOf(town, person) == FollowState.Following, "the check");
        Assert.Equal(PushStatus.Sent, await PushAsync(town, person));
    }

    [Theory]
    [InlineData(43004)]
    [InlineData(10700)]
    public async Task Who_really_left_costs_no_call_any_more(int code)
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Time.Advance(TimeSpan.FromSeconds(1));
        person.Unfollow(town.Account);
        town.Platform.Faults.Add(SimulatedFault.Error(code).On(Send));

        // At once, and after the check too.
        Assert.Equal(PushStatus.NotFollowing, await PushAsync(town, person));
        Assert.Equal(PushStatus.NotFollowing, await PushAsync(town, person));
        var work = town.Services.GetRequiredService<WorkUnderWay>();
        await Runs.UntilAsync(() => town.Platform.Calls.Count(Info) == 1 && work.IsIdle, "the check");
        for (var i = 0; i < 5; i++)
        {
            town.Time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(PushStatus.NotFollowing, await PushAsync(town, person));
        }

        Assert.Equal((1, 1), (town.Platform.Calls.Count(Send), town.Platform.Calls.Count(Info)));
    }

    [Fact]
    public async Task Who_leaves_after_a_message_whose_answer_was_lost_is_not_told_as_unreached()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Time.Advance(TimeSpan.FromSeconds(1));
        town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Send).Times(1));

        var pushing = town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message());
        await Runs.UntilAsync(() => town.Account.Messages.Count == 1, "the first attempt");
        person.Unfollow(town.Account);

        // It was delivered, so that nothing else may be sent instead; and the next one costs no call.
        var result = await town.PassPausesAsync(pushing);
        Assert.Equal((PushStatus.Unknown, 43004), (result.Status, result.ErrorCode?.Value));
        Assert.Equal(PushStatus.NotFollowing, await PushAsync(town, person));
        Assert.Equal(2, town.Platform.Calls.Count(Send));
    }

    [Fact]
    public async Task A_refusal_that_cannot_be_checked_is_forgotten()
    {
        await using var town = new Town(configure: options => options.Http.MaxRetries = 0);
        var person = await town.AddReachablePersonAsync();
        town.Platform.Faults.Add(SimulatedFault.Error(43004).On(Send).Times(1));
        town.Platform.Faults.Add(SimulatedFault.ConnectionRefused().On(Info).Times(1));

        Assert.Equal(PushStatus.NotFollowing, await PushAsync(town, person));

        await Runs.UntilAsync(() => StateOf(town, person) == FollowState.Following, "the refusal is forgotten");
        Assert.Equal(PushStatus.Sent, await PushAsync(town, person));
    }

    [Fact]
    public async Task Many_refusals_are_checked_together()
    {
        await using var town = new Town();
        var people = town.Platform.AddPeople(300);
        town.Account.AddFollowers(people);
        await town.Push.SyncFollowersAsync();
        foreach (var person in people)
        {
            await town.SignInAsync(person);
        }

        town.Platform.Faults.Add(SimulatedFault.Error(43004).On(Send).Times(300));
        town.Platform.Calls.Clear();
        using var gate = town.Platform.Hold(Info);
        await Task.WhenAll(people.Select(person => PushAsync(town, person)));
        gate.Open();
        await Runs.UntilAsync(() => people.All(person => StateOf(town, person) == FollowState.Following), "the checks");
        Assert.InRange(town.Platform.Calls.Count(Info) + town.Platform.Calls.Count("/cgi-bin/user/info/batchget"), 1, 100);
    }

    [Theory]
    [InlineData(43101)]
    [InlineData(48002)]
    [InlineData(43019)]
    [InlineData(62751)]
    [InlineData(10703)]
    public async Task Who_refuses_is_not_asked_again_until_the_next_sync(int code)
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Platform.Faults.Add(SimulatedFault.Error(code).On(Send).Times(1));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(PushStatus.Refused, await PushAsync(town, person));
        }

        Assert.Equal((1, 0), (town.Platform.Calls.Count(Send), town.Platform.Calls.Count(Info)));
        town.Time.Advance(TimeSpan.FromDays(1));
        await town.Push.SyncFollowersAsync();
        Assert.Equal(PushStatus.Sent, await PushAsync(town, person));
    }

    [Fact]
    public async Task A_refusal_is_as_new_as_the_message_that_was_refused()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Time.Advance(TimeSpan.FromSeconds(1));
        var before = town.Time.GetUtcNow();
        town.Time.Advance(TimeSpan.FromSeconds(1));
        town.Platform.Faults.Add(SimulatedFault.Error(43101).On(Send).Times(1));
        using var gate = town.Platform.Hold(Send);
        var push = PushAsync(town, person);
        await gate.WaitForCallsAsync(1);

        // What was seen before the message was sent, and told while it is on its way, says nothing against the refusal.
        await town.Repository.SaveAsync(
            [new WeChatIdentity(Town.OfficialAccountAppId, person.OpenIdIn(town.Account)) { FollowState = FollowState.Following, ObservedAt = before }]);
        gate.Open();

        Assert.Equal(PushStatus.Refused, await push);
        Assert.Equal(PushStatus.Refused, await PushAsync(town, person));
        Assert.Equal(1, town.Platform.Calls.Count(Send));
    }

    [Theory]
    [InlineData(40003, PushStatus.NotFollowing)]
    [InlineData(49003, PushStatus.NotFollowing)]
    [InlineData(50002, PushStatus.Refused)]
    [InlineData(43117, PushStatus.TooFrequent)]
    [InlineData(40241, PushStatus.Duplicate)]
    public async Task An_ambiguous_refusal_teaches_nothing(int code, PushStatus status)
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Platform.Faults.Add(SimulatedFault.Error(code).On(Send).Times(1));
        Assert.Equal(status, await PushAsync(town, person));
        Assert.Equal(PushStatus.Sent, await PushAsync(town, person));
        Assert.Equal(0, town.Platform.Calls.Count(Info));
    }

    private static async Task<PushStatus> PushAsync(Town town, SimulatedPerson person) => (await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).Status;

    private static FollowState StateOf(Town town, SimulatedPerson person) =>
        town.Repository.FindAsync(Town.OfficialAccountAppId, [person.OpenIdIn(town.Account)]).AsTask().Result.Single().FollowState;
}
