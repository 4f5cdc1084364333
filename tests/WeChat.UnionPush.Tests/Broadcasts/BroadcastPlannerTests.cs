using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>How an audience becomes batches, and who a recipient is.</summary>
public sealed class BroadcastPlannerTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);
    private static readonly RouteApps Apps = new(Town.MiniProgramAppId, Town.OfficialAccountAppId);

    private readonly ManualTimeProvider _time = new(Noon);
    private readonly InMemoryUnionIdRepository _repository;
    private readonly List<BroadcastBatch> _batches = [];
    private readonly List<long> _told = [];

    public BroadcastPlannerTests() => _repository = new InMemoryUnionIdRepository(_time);

    [Theory]
    [InlineData("T", false)]
    [InlineData("T T T", false)]
    [InlineData("T U", true)]
    [InlineData("T U U", true)]
    [InlineData("T T T U", true)]
    [InlineData("", false)]
    public async Task A_run_has_many_templates_where_two_recipients_get_different_ones(string templates, bool expected)
    {
        var each = templates.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        await AddPeopleAsync(each.Length);
        var plan = await PlanAsync(BroadcastAudience.OpenIds(each.Select(static (template, i) => new BroadcastRecipient($"m{i}", MessageOf(template))).ToAsyncEnumerable()));
        Assert.Equal((expected, (long)each.Length), (plan.HasManyTemplates, plan.Recipients));
    }

    [Fact]
    public async Task One_follower_under_two_names_is_sent_to_once()
    {
        await AddPeopleAsync(1);
        await _repository.SaveAsync([new WeChatIdentity(Town.MiniProgramAppId, "second") { UnionId = "u0", ObservedAt = Noon }]);
        var plan = await PlanAsync(BroadcastAudience.OpenIds(["m0", "second"]), MessageOf("T"));
        Assert.Equal((1, 1), (plan.Recipients, plan.Reachable));
        Assert.Equal("o0", Assert.Single(_batches).Recipients);
    }

    [Fact]
    public async Task Nobody_who_is_named_twice_or_not_at_all_counts_twice_whether_they_can_be_reached_or_not()
    {
        await AddPeopleAsync(1);
        var plan = await PlanAsync(BroadcastAudience.OpenIds(["", "nobody", "m0", "nobody", "", "m0"]), MessageOf("T"));
        Assert.Equal((2L, 1L, 1L), (plan.Recipients, plan.Unreachable.NotSignedIn, plan.Reachable));
        Assert.Equal(["nobody", "o0"], _batches.Select(batch => batch.Recipients).Order());
    }

    [Fact]
    public async Task Who_had_as_many_as_the_cap_allows_stands_there_by_the_openid_in_the_Official_Account()
    {
        await AddPeopleAsync(2);
        var journal = Substitute.For<IBroadcastJournal>();
        journal.ListAsync(default!, default, default).ReturnsForAnyArgs(
            [new BroadcastRecord(Town.OfficialAccountAppId, "before") { Id = "b0", State = BroadcastState.Finished, StartedAt = Noon, EndedAt = Noon.AddDays(-7) }]);
        var sheet = new OutcomeSheet(1);
        sheet.Settle(0, PushStatus.Sent);
        journal.ListBatchesAsync("b0", Arg.Any<CancellationToken>()).Returns(
            new[] { new BroadcastBatch("b0", 0) { Size = 1, Recipients = "o1", Outcomes = sheet.Text, SavedAt = Noon } }.ToAsyncEnumerable());

        // What ended exactly a period ago counts.
        var caps = await PersonCaps.ReadAsync(journal, Town.OfficialAccountAppId, "spring", new BroadcastCap(1, TimeSpan.FromDays(7)), Noon, default);
        var plan = await PlanAsync(BroadcastAudience.OpenIds(["m0", "m1"]), MessageOf("T"), caps);
        Assert.Equal((2L, 1L, 1L), (plan.Recipients, plan.Reachable, plan.Unreachable.TooFrequent));
        Assert.Equal(["o0", "o1"], _batches.Select(batch => batch.Recipients).Order());
        Assert.Equal("o1", _batches.Single(static batch => batch.Outcomes.Length > 0).Recipients);
    }

    [Theory]
    [InlineData(0, new long[0])]
    [InlineData(1, new long[] { 1 })]
    [InlineData(500, new long[] { 500 })]
    [InlineData(501, new long[] { 500, 501 })]
    public async Task Five_hundred_are_looked_up_at_once(int people, long[] told)
    {
        await AddPeopleAsync(people);
        await PlanAsync(BroadcastAudience.AllUsers(), MessageOf("T"));
        Assert.Equal(told, _told);
        Assert.Equal(people, _batches.Sum(static batch => batch.Size));
    }

    [Fact]
    public void An_audience_knows_by_which_id_it_names_people()
    {
        Assert.False(BroadcastAudience.AllUsers().ByUnionId);
        Assert.False(BroadcastAudience.Where(static _ => true).ByUnionId);
        Assert.False(BroadcastAudience.OpenIds(["m0"]).ByUnionId);
        Assert.True(BroadcastAudience.UnionIds(["u0"]).ByUnionId);
        Assert.False(BroadcastAudience.OpenIds(AsyncEnumerable.Empty<BroadcastRecipient>()).ByUnionId);
        Assert.True(BroadcastAudience.UnionIds(AsyncEnumerable.Empty<BroadcastRecipient>()).ByUnionId);
    }

    // For the further channels.
    [Fact]
    public async Task Who_a_follower_is_comes_from_the_UnionID_or_else_from_a_scanned_code()
    {
        await AddPeopleAsync(1);
        await _repository.SaveAsync(
        [
            new(Town.OfficialAccountAppId, "alone") { UnionId = "uAlone", FollowState = FollowState.Following, ObservedAt = Noon },
            new(Town.OfficialAccountAppId, "linked") { FollowState = FollowState.Following, ObservedAt = Noon },
            new(Town.MiniProgramAppId, "user") { UnionId = "uUser", ObservedAt = Noon },
        ]);
        var notes = new InMemoryReachJournal(_time);
        await notes.TryWriteAsync(Town.MiniProgramAppId, ReachKeys.Linked("linked"), null, "user", Noon.AddYears(1));
        foreach (var links in new[] { null, new FollowLinkBook(Apps, notes, _repository) })
        {
            var finder = new RecipientFinder(Apps, _repository, links);
            Assert.Equal(Recipient("o0", "u0", "m0"), await finder.FindFollowerAsync("o0", default));
            Assert.Equal(Recipient("alone", "uAlone", null), await finder.FindFollowerAsync("alone", default));
            Assert.Equal(Recipient("nobody", null, null), await finder.FindFollowerAsync("nobody", default));
            Assert.Equal(links is null ? Recipient("linked", null, null) : Recipient("linked", "uUser", "user"), await finder.FindFollowerAsync("linked", default));
        }

        static ReachRecipient Recipient(string openId, string? unionId, string? user) => new() { OfficialAccountOpenId = openId, UnionId = unionId, MiniProgramOpenId = user };
    }

    private static TemplateMessage MessageOf(string template) => TemplateMessage.Create(template).Thing("thing1", "a").Build();

    private Task AddPeopleAsync(int count) => _repository.SaveAsync([.. Enumerable.Range(0, count).SelectMany(static i => new[]
    {
        new WeChatIdentity(Town.MiniProgramAppId, $"m{i}") { UnionId = $"u{i}", ObservedAt = Noon },
        new WeChatIdentity(Town.OfficialAccountAppId, $"o{i}") { UnionId = $"u{i}", FollowState = FollowState.Following, ObservedAt = Noon },
    })]).AsTask();

    private Task<BroadcastPlan> PlanAsync(BroadcastAudience audience, TemplateMessage? message = null, PersonCaps? caps = null) =>
        new BroadcastPlanner(Town.MiniProgramAppId, _repository, new RecipientFinder(Apps, _repository, followLinks: null), reach: null, _time).PlanAsync(
            new Broadcast("spring", audience, message),
            "b1",
            caps,
            (some, _) =>
            {
                _batches.AddRange(some);
                return default;
            },
            _told.Add,
            default);
}
