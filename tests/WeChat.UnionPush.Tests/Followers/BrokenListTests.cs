using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Followers;

/// <summary>No single answer of the platform empties the repository, and who left is marked all the same.</summary>
public sealed class BrokenListTests
{
    private const string List = "/cgi-bin/user/get";
    private const string Nobody = """{"total":0,"count":0,"next_openid":""}""";

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(20, 0)]
    [InlineData(1_000, 0)]
    [InlineData(25_000, 0)]
    [InlineData(25_000, 1)]
    [InlineData(25_000, 2)]
    public async Task An_empty_answer_marks_nobody(int count, int page)
    {
        await using var town = await FilledAsync(count);
        town.Platform.Faults.Add(SimulatedFault.Body(_ => Encoding.UTF8.GetBytes(Nobody)).On(List).After(page).Times(1));

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), (report.Outcome, report.Left));
        await EverybodyFollowsAsync(town, count);
        Assert.Equal((FollowerSyncOutcome.Completed, 0L), Told(await town.Push.SyncFollowersAsync()));
    }

    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.5, true)]
    [InlineData(0.91, true)]
    [InlineData(0.93, true)]
    [InlineData(0.5, false)]
    [InlineData(0.91, false)]
    [InlineData(0.97, false)]
    [InlineData(0.985, false)]
    public async Task A_list_that_breaks_off_marks_nobody(double kept, bool shrinksTotal)
    {
        const int count = 2_000;
        await using var town = await FilledAsync(count);
        Break(town, kept, shrinksTotal, repeats: 1);

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), Told(report));
        await EverybodyFollowsAsync(town, count);
    }

    [Theory]
    [InlineData("""{"total":-5,"count":0,"next_openid":""}""")]
    [InlineData("""{"total":0,"count":-1,"next_openid":""}""")]
    [InlineData("""{"total":0,"count":0}""")]
    [InlineData("""{"total":0}""")]
    [InlineData("""{"count":0}""")]
    [InlineData("{}")]
    [InlineData("""{"errcode":0,"errmsg":"ok"}""")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"total":1000,"count":1000,"next_openid":""}""")]
    [InlineData("""{"total":1000,"count":1000,"data":null,"next_openid":""}""")]
    [InlineData("""{"total":1000,"count":1000,"data":[],"next_openid":""}""")]
    [InlineData("""{"total":1000,"count":1000,"data":{},"next_openid":""}""")]
    [InlineData("""{"total":1000,"count":3,"data":{"openid":[null,"",null]},"next_openid":""}""")]
    [InlineData("""{"total":1000,"count":0,"data":{"openid":[]},"next_openid":"oNobodyKnowsThisOne000000000"}""")]
    [InlineData("""{"total":1000,"count":0,"next_openid":"oNobodyKnowsThisOne000000000"}""")]
    [InlineData("""{"total":1,"count":1,"data":{"openid":["oNobodyKnowsThisOne000000000"]},"next_openid":""}""")]
    [InlineData("""{"total":1,"count":1000,"data":{"openid":["oNobodyKnowsThisOne000000000"]},"next_openid":"oNobodyKnowsThisOne000000000"}""")]
    [InlineData("""{"total":9000000000000000000,"count":1,"data":{"openid":["oNobodyKnowsThisOne000000000"]},"next_openid":""}""")]
    [InlineData("""{"total":"many","count":0,"next_openid":""}""")]
    [InlineData("""{"total":0.0,"count":0.0,"data":{"openid":null},"next_openid":null}""")]
    public async Task Whatever_a_list_says_once_marks_nobody(string answer)
    {
        const int count = 1_000;

        // What cannot be read would be asked for again after pauses, and be no better.
        await using var town = (await FilledWithAsync(count, options => options.Http.MaxRetries = 0)).Town;
        var odd = town.Platform.Faults.Add(SimulatedFault.Body(_ => Encoding.UTF8.GetBytes(answer)).On(List));
        FollowerSyncOutcome? outcome = null;
        try
        {
            outcome = (await town.Push.SyncFollowersAsync()).Outcome;
        }
        catch (WeChatApiException exception)
        {
            Assert.Contains(List, exception.Message, StringComparison.Ordinal);
        }

        Assert.NotEqual(FollowerSyncOutcome.Completed, outcome);
        town.Platform.Faults.Remove(odd);

        // Somebody whom only the odd answer named has left by the next list.
        var (mended, left) = Told(await town.Push.SyncFollowersAsync(full: true));
        Assert.Equal(FollowerSyncOutcome.Completed, mended);
        Assert.InRange(left, 0L, answer.Contains("oNobodyKnowsThisOne", StringComparison.Ordinal) ? 1L : 0L);
        Assert.InRange((await town.Repository.CountFollowersAsync(Town.OfficialAccountAppId, DateTimeOffset.MinValue)).Followers, count, count + 1);
    }

    [Fact]
    public async Task Repeated_people_do_not_help_a_broken_list_over_the_threshold()
    {
        const int count = 2_000;
        await using var town = await FilledAsync(count);
        Break(town, 0.5, shrinksTotal: false, repeats: 2);

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), Told(report));
        Assert.Equal(count / 2, report.Listed);
        await EverybodyFollowsAsync(town, count);
    }

    [Fact]
    public async Task A_page_that_comes_again_counts_nobody_twice_and_marks_nobody()
    {
        const int count = 25_000;
        await using var town = await FilledAsync(count);

        // The second page leads back to the first one's end, and so on without end.
        string? first = null;
        var turn = 0;
        town.Platform.Faults.Add(SimulatedFault.Body(body =>
        {
            first ??= Encoding.UTF8.GetString(body);
            var page = JsonNode.Parse(first)!;
            page["next_openid"] = (string)page["data"]!["openid"]![turn++ % 2]!;
            return Encoding.UTF8.GetBytes(page.ToJsonString());
        }).On(List).Times(50));

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), Told(report));
        Assert.Equal(10_000, report.Listed);
        Assert.Equal(3, report.PageCalls);
        await EverybodyFollowsAsync(town, count);
    }

    [Fact]
    public async Task A_first_list_that_repeats_people_counts_each_of_them_once()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(2_000));
        Break(town, 1.0, shrinksTotal: false, repeats: 2);
        var report = await town.Push.SyncFollowersAsync();
        Assert.Equal((FollowerSyncOutcome.Completed, 2_000L, 2_000L), (report.Outcome, report.Listed, report.Detailed));
    }

    [Fact]
    public async Task People_who_come_again_on_a_later_page_are_listed_once()
    {
        const int count = 12_000;
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(count));

        // The second page begins with people of the first.
        string[] first = [];
        town.Platform.Faults.Add(SimulatedFault.Body(body =>
        {
            var page = JsonNode.Parse(body)!;
            var openIds = page["data"]?["openid"]?.AsArray();
            if (openIds is null)
            {
                return body;
            }

            if (first.Length == 0)
            {
                first = [.. openIds.Take(500).Select(static openId => (string)openId!)];
                return body;
            }

            page["data"]!["openid"] = new JsonArray([.. first.Select(static openId => (JsonNode)openId), .. openIds.Select(static openId => openId!.DeepClone())]);
            page["count"] = openIds.Count + first.Length;
            return Encoding.UTF8.GetBytes(page.ToJsonString());
        }).On(List).Times(2));
        var report = await town.Push.SyncFollowersAsync();
        Assert.Equal((FollowerSyncOutcome.Completed, (long)count), (report.Outcome, report.Listed));
    }

    [Fact]
    public async Task Many_who_really_left_are_marked_when_a_second_walk_agrees_on_any_machine()
    {
        var (town, people) = await FilledWithAsync(1_000);
        await using var disposed = town;
        people.Take(400).ToList().ForEach(person => person.Unfollow(town.Account));

        var first = await town.Push.SyncFollowersAsync();
        await EverybodyFollowsAsync(town, 1_000);
        town.Time.Advance(TimeSpan.FromHours(1));
        await using var other = town.Build(builder => builder
            .UseRepository(_ => town.Repository)
            .UseFollowerSyncStore(_ => town.Services.GetRequiredService<IFollowerSyncStore>()));
        var second = await other.GetRequiredService<IUnionPush>().SyncFollowersAsync();
        var third = await town.Push.SyncFollowersAsync();

        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), Told(first));
        Assert.Equal((FollowerSyncOutcome.Completed, 400L), Told(second));
        var state = await StateAsync(town);
        Assert.Equal((null, 0L, town.Time.GetUtcNow()), (state.DoubtedAt, state.Doubted, state.CompletedAt!.Value));
        Assert.Equal((FollowerSyncOutcome.Completed, 0L), Told(third));
        await EverybodyFollowsAsync(town, 600);
    }

    [Fact]
    public async Task A_doubted_walk_leaves_the_time_of_the_last_complete_one_and_tells_how_many_it_missed()
    {
        var (town, people) = await FilledWithAsync(1_000);
        await using var disposed = town;
        var complete = (await StateAsync(town)).CompletedAt;
        people.Take(400).ToList().ForEach(person => person.Unfollow(town.Account));
        await town.Push.SyncFollowersAsync();
        var state = await StateAsync(town);
        Assert.Equal((complete, town.Time.GetUtcNow(), 400L, false), (state.CompletedAt, state.DoubtedAt!.Value, state.Doubted, state.InProgress));
    }

    [Fact]
    public async Task Two_lists_that_are_broken_differently_agree_on_nobody()
    {
        const int count = 2_000;
        await using var town = await FilledAsync(count);
        town.Platform.Faults.Add(SimulatedFault.Body(_ => Encoding.UTF8.GetBytes(Nobody)).On(List).Times(1));
        Assert.Equal(FollowerSyncOutcome.Incomplete, (await town.Push.SyncFollowersAsync()).Outcome);
        Break(town, 0.6, shrinksTotal: true, repeats: 1);
        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), Told(await town.Push.SyncFollowersAsync()));
        await EverybodyFollowsAsync(town, count);
    }

    [Theory]
    [InlineData(1_200, false)]
    [InlineData(1_799, false)]
    [InlineData(1_800, true)]
    public async Task A_list_that_lacks_more_than_a_tenth_of_its_own_total_is_not_believed_even_twice(int kept, bool isBelieved)
    {
        const int count = 2_000;
        await using var town = await FilledAsync(count);
        Cut(town, kept);
        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), Told(await town.Push.SyncFollowersAsync()));
        town.Time.Advance(TimeSpan.FromHours(1));

        Cut(town, kept);
        var second = await town.Push.SyncFollowersAsync();

        Assert.Equal(isBelieved ? (FollowerSyncOutcome.Completed, count - kept) : (FollowerSyncOutcome.Incomplete, 0L), Told(second));
        await EverybodyFollowsAsync(town, isBelieved ? kept : count);
    }

    [Theory]
    [InlineData(2_000, 10, true)]
    [InlineData(2_000, 11, false)]
    [InlineData(4_000, 20, true)]
    [InlineData(4_000, 21, false)]
    public async Task A_list_that_lacks_a_few_of_its_own_total_is_believed_at_once(int count, int lacking, bool isBelieved)
    {
        await using var town = await FilledAsync(count);
        Cut(town, count - lacking);

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal(isBelieved ? (FollowerSyncOutcome.Completed, lacking) : (FollowerSyncOutcome.Incomplete, 0L), Told(report));
        await EverybodyFollowsAsync(town, isBelieved ? count - lacking : count);
    }

    [Theory]
    [InlineData(2_000, 100, true)]
    [InlineData(2_000, 101, false)]
    [InlineData(60, 10, true)]
    [InlineData(60, 11, false)]
    [InlineData(12, 4, true)]
    [InlineData(12, 5, false)]
    [InlineData(2, 1, true)]
    public async Task A_twentieth_or_a_few_may_leave_at_once(int count, int leavers, bool areBelieved)
    {
        var (town, people) = await FilledWithAsync(count);
        await using var disposed = town;
        people.Take(leavers).ToList().ForEach(person => person.Unfollow(town.Account));

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal(areBelieved ? (FollowerSyncOutcome.Completed, leavers) : (FollowerSyncOutcome.Incomplete, 0L), Told(report));
        await EverybodyFollowsAsync(town, areBelieved ? count - leavers : count);
    }

    [Theory]
    [InlineData(400, 440, true)]
    [InlineData(450, 500, true)]
    [InlineData(400, 445, false)]
    [InlineData(440, 400, true)]
    [InlineData(445, 400, false)]
    public async Task A_second_walk_agrees_when_nine_tenths_of_those_whom_either_missed_were_missed_by_both(int first, int second, bool agrees)
    {
        var (town, people) = await FilledWithAsync(1_000);
        await using var disposed = town;
        await MissAsync(first);
        town.Time.Advance(TimeSpan.FromHours(1));

        var report = await MissAsync(second);

        Assert.Equal(agrees ? (FollowerSyncOutcome.Completed, second) : (FollowerSyncOutcome.Incomplete, 0L), Told(report));

        async Task<FollowerSyncReport> MissAsync(int count)
        {
            people.Take(count).ToList().ForEach(person => person.Unfollow(town.Account));
            people.Skip(count).Where(person => !person.IsFollowing(town.Account)).ToList().ForEach(person => person.Follow(town.Account));
            return await town.Push.SyncFollowersAsync();
        }
    }

    [Fact]
    public async Task A_few_who_left_a_small_account_are_marked_at_once()
    {
        var (town, people) = await FilledWithAsync(12);
        await using var disposed = town;
        people.Take(4).ToList().ForEach(person => person.Unfollow(town.Account));
        Assert.Equal((FollowerSyncOutcome.Completed, 4L), Told(await town.Push.SyncFollowersAsync()));
        town.Time.Advance(TimeSpan.FromHours(1));

        // More at once are believed when a second walk agrees.
        people.Skip(4).Take(7).ToList().ForEach(person => person.Unfollow(town.Account));
        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), Told(await town.Push.SyncFollowersAsync()));
        Assert.Equal((FollowerSyncOutcome.Completed, 7L), Told(await town.Push.SyncFollowersAsync()));
        town.Time.Advance(TimeSpan.FromHours(1));

        // Nor is the last one lost by one empty list.
        people[^1].Unfollow(town.Account);
        Assert.Equal((FollowerSyncOutcome.Incomplete, 0L), Told(await town.Push.SyncFollowersAsync()));
        Assert.Equal((FollowerSyncOutcome.Completed, 1L), Told(await town.Push.SyncFollowersAsync()));
    }

    [Fact]
    public async Task How_many_a_walk_may_mark_is_an_option()
    {
        var (town, people) = await FilledWithAsync(1_000, options => options.FollowerSync.MaxLeaverShare = 0.5);
        await using var disposed = town;
        people.Take(400).ToList().ForEach(person => person.Unfollow(town.Account));
        Assert.Equal((FollowerSyncOutcome.Completed, 400L), Told(await town.Push.SyncFollowersAsync()));
    }

    private static (FollowerSyncOutcome Outcome, long Left) Told(FollowerSyncReport report) => (report.Outcome, report.Left);

    private static async Task<FollowerSyncState> StateAsync(Town town) =>
        (await town.Services.GetRequiredService<IFollowerSyncStore>().GetAsync(Town.OfficialAccountAppId))!;

    private static async Task<Town> FilledAsync(int count) => (await FilledWithAsync(count)).Town;

    private static async Task<(Town Town, List<SimulatedPerson> People)> FilledWithAsync(int count, Action<WeChatUnionPushOptions>? configure = null)
    {
        var town = new Town(configure: configure);
        var people = town.Platform.AddPeople(count);
        town.Account.AddFollowers(people);
        Assert.Equal(FollowerSyncOutcome.Completed, (await town.Push.SyncFollowersAsync()).Outcome);
        town.Time.Advance(TimeSpan.FromHours(1));
        return (town, [.. people]);
    }

    /// <summary>The next list ends early, with each person in it so often.</summary>
    private static void Break(Town town, double kept, bool shrinksTotal, int repeats) =>
        town.Platform.Faults.Add(SimulatedFault.Body(body =>
        {
            var page = JsonNode.Parse(body)!;
            var openIds = page["data"]!["openid"]!.AsArray().Select(node => (string)node!).ToList();
            openIds = [.. openIds.Take((int)(openIds.Count * kept))];
            page["total"] = shrinksTotal ? openIds.Count : (int)page["total"]!;
            page["count"] = openIds.Count * repeats;
            page["data"]!["openid"] = new JsonArray([.. Enumerable.Repeat(openIds, repeats).SelectMany(all => all).Select(openId => (JsonNode)openId)]);
            page["next_openid"] = "";
            return Encoding.UTF8.GetBytes(page.ToJsonString());
        }).On(List).Times(1));

    /// <summary>The next list shows so many people, and says that there are as many as ever.</summary>
    private static void Cut(Town town, int kept) =>
        town.Platform.Faults.Add(SimulatedFault.Body(body =>
        {
            var page = JsonNode.Parse(body)!;
            page["data"]!["openid"] = new JsonArray([.. page["data"]!["openid"]!.AsArray().Take(kept).Select(static openId => openId!.DeepClone())]);
            page["count"] = kept;
            page["next_openid"] = "";
            return Encoding.UTF8.GetBytes(page.ToJsonString());
        }).On(List).Times(1));

    private static async Task EverybodyFollowsAsync(Town town, long count) =>
        Assert.Equal(count, (await town.Repository.CountFollowersAsync(Town.OfficialAccountAppId, DateTimeOffset.MinValue)).Followers);
}
