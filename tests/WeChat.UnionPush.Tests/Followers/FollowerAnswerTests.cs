using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Followers;

/// <summary>Batches that lack rows, have rows too many or are no JSON, and a source of the host's own.</summary>
public sealed class FollowerAnswerTests
{
    private const string Batch = "/cgi-bin/user/info/batchget";
    private const string Single = "/cgi-bin/user/info";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(99)]
    public async Task Rows_that_are_missing_are_asked_for_singly(int kept)
    {
        await using var town = await FilledAsync(100, rows => [.. rows.Take(kept)]);
        var report = await town.Push.SyncFollowersAsync();
        Assert.Equal((100L, 100L), (report.Detailed, report.Linked));
        Assert.Equal((1, 100 - kept), (town.Platform.Calls.Count(Batch), town.Platform.Calls.Count(Single)));
    }

    [Fact]
    public async Task Rows_that_nobody_asked_for_and_rows_that_come_again_are_ignored()
    {
        await using var town = await FilledAsync(100, rows =>
        [
            JsonNode.Parse("""{"subscribe":1,"openid":"oStranger","unionid":"uStranger","subscribe_time":1}"""),
            null,
            .. rows.Reverse(),
            .. rows.Select(row => JsonNode.Parse($$"""{"subscribe":0,"openid":"{{row!["openid"]}}"}""")),
        ]);
        var report = await town.Push.SyncFollowersAsync();
        Assert.Equal((100L, 100L, 100L), (report.Listed, report.Detailed, report.Linked));
        Assert.Equal(new FollowerCount(100, 0, 0), await town.Repository.CountFollowersAsync(Town.OfficialAccountAppId, DateTimeOffset.MinValue));
        Assert.Empty(await town.Repository.FindAsync(Town.OfficialAccountAppId, ["oStranger"]));
        Assert.Equal(0, town.Platform.Calls.Count(Single));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(250)]
    public async Task What_one_follower_wrote_does_not_spoil_the_others(int count)
    {
        await using var town = new Town(configure: options => options.Http.MaxRetries = 0);
        var people = town.Platform.AddPeople(count);
        town.Account.AddFollowers(people);
        var spoiler = people[count / 2].OpenIdIn(town.Account);

        // A lone backslash at the end of a remark, which nothing can mend.
        foreach (var path in new[] { Batch, Single })
        {
            town.Platform.Faults.Add(
                SimulatedFault.Body(body => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body).Replace("\"remark\":\"\"", "\"remark\":\"y\\\"", StringComparison.Ordinal)))
                .On(path).When(call => (call.Address.Query + Encoding.UTF8.GetString(call.Body.Span)).Contains(spoiler, StringComparison.Ordinal)));
        }

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal((FollowerSyncOutcome.Completed, count - 1L), (report.Outcome, report.Linked));
        var spoilt = Assert.Single(await town.Repository.FindAsync(Town.OfficialAccountAppId, [spoiler]));
        Assert.Equal((FollowState.Following, (DateTimeOffset?)null), (spoilt.FollowState, spoilt.DetailsAt));
        Assert.InRange(town.Platform.Calls.Count(Batch), 1, 20);
    }

    [Fact]
    public async Task An_openid_that_no_store_can_keep_is_left_out()
    {
        await using var town = await FilledAsync(5, rows => [.. rows]);
        town.Platform.Faults.Add(SimulatedFault.Body(body =>
        {
            var page = JsonNode.Parse(body)!;
            page["data"]!["openid"]!.AsArray().Add(new string('x', 129));
            page["data"]!["openid"]!.AsArray().Add("a\0b");
            return Encoding.UTF8.GetBytes(page.ToJsonString());
        }).On("/cgi-bin/user/get").Times(1));
        Assert.Equal((FollowerSyncOutcome.Completed, 5L), (await town.Push.SyncFollowersAsync() is var report ? report.Outcome : default, report.Listed));
    }

    [Fact]
    public async Task A_source_of_the_hosts_own_is_walked()
    {
        var since = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        string[] openIds = [.. Enumerable.Range(0, 250).Select(i => $"o{i:D3}")];
        var source = Substitute.For<IFollowerSource>();
        source.GetPagesAsync(Arg.Any<string?>(), Arg.Any<CancellationToken>()).Returns(call => PagesAsync((string?)call[0]));
        source.GetFollowersAsync(Arg.Any<IReadOnlyCollection<string>>(), Arg.Any<CancellationToken>()).Returns(call => FollowersAsync((IReadOnlyCollection<string>)call[0]));
        await using var town = new Town(services: services => services.AddSingleton(source));

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal((FollowerSyncOutcome.Completed, 250L, 249L), (report.Outcome, report.Listed, report.Detailed));
        Assert.Equal(3, report.DetailCalls);
        var stored = Assert.Single(await town.Repository.FindAsync(Town.OfficialAccountAppId, ["o007"]));
        Assert.Equal(("uo007", FollowState.Following, since), (stored.UnionId, stored.FollowState, stored.FollowChangedAt!.Value));
        Assert.Equal(FollowState.Following, (await town.Repository.FindAsync(Town.OfficialAccountAppId, ["o249"])).Single().FollowState);
        Assert.Equal(0, town.Platform.Calls.Count("/cgi-bin/user/get"));

        async IAsyncEnumerable<FollowerPage> PagesAsync(string? after)
        {
            await Task.Yield();
            foreach (var page in openIds.Where(openId => string.CompareOrdinal(openId, after ?? "") > 0).Chunk(100))
            {
                yield return new FollowerPage(page, page[^1], openIds.Length);
            }
        }

        async IAsyncEnumerable<Follower> FollowersAsync(IReadOnlyCollection<string> asked)
        {
            await Task.Yield();
            yield return new Follower("oNobodyAsked", IsFollowing: true);
            foreach (var openId in asked.Where(openId => openId != "o249"))
            {
                yield return new Follower(openId, IsFollowing: true) { UnionId = "u" + openId, SubscribedAt = since };
            }
        }
    }

    private static async Task<Town> FilledAsync(int count, Func<JsonArray, IEnumerable<JsonNode?>> rewrite)
    {
        await Task.CompletedTask;
        var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(count));
        town.Platform.Faults.Add(SimulatedFault.Body(body =>
        {
            var answer = JsonNode.Parse(body)!;
            answer["user_info_list"] = new JsonArray([.. rewrite(answer["user_info_list"]!.AsArray()).Select(row => row?.DeepClone())]);
            return Encoding.UTF8.GetBytes(answer.ToJsonString());
        }).On(Batch));
        return town;
    }
}
