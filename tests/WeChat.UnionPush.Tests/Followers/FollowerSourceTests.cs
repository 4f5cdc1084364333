using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Tests.Followers;

public sealed class FollowerSourceTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(9_999, 2)]
    [InlineData(10_000, 2)]
    [InlineData(10_001, 3)]
    public async Task The_walk_ends_at_the_very_end(int followers, int calls)
    {
        await using var town = new Town();
        var people = town.Platform.AddPeople(followers);
        town.Account.AddFollowers(people);

        var seen = new HashSet<string>();
        await foreach (var page in Source(town).GetPagesAsync())
        {
            Assert.InRange(page.OpenIds.Count, 1, 10_000);
            Assert.Equal(followers, page.Total);
            Assert.All(page.OpenIds, openId => Assert.True(seen.Add(openId)));
        }

        Assert.Equal(followers, seen.Count);
        Assert.Equal(calls, town.Platform.Calls.Count("/cgi-bin/user/get"));
    }

    [Fact]
    public async Task A_walk_goes_on_after_a_given_openid()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(20_500));
        var pages = new List<FollowerPage>();
        await foreach (var page in Source(town).GetPagesAsync())
        {
            pages.Add(page);
        }

        var rest = new List<string>();
        await foreach (var page in Source(town).GetPagesAsync(pages[0].NextOpenId))
        {
            rest.AddRange(page.OpenIds);
        }

        Assert.Equal(pages.Skip(1).SelectMany(page => page.OpenIds), rest);
    }

    [Fact]
    public async Task UnionIDs_are_trimmed_and_optional_in_every_state()
    {
        await using var town = new Town();
        town.Account.PadsUnionIds = true;
        var (follower, stranger) = (town.Platform.AddPerson(), town.Platform.AddPerson());
        follower.Follow(town.Account);

        var known = await Source(town).GetFollowerAsync(follower.OpenIdIn(town.Account));
        var unknown = await Source(town).GetFollowerAsync(stranger.OpenIdIn(town.Account));

        Assert.True(known.IsFollowing);
        Assert.Equal(follower.UnionIdUnder(Town.OpenPlatform), known.UnionId);
        Assert.Equal(town.Time.GetUtcNow().ToUnixTimeSeconds(), known.SubscribedAt!.Value.ToUnixTimeSeconds());
        Assert.False(unknown.IsFollowing);
        Assert.Null(unknown.UnionId);
        Assert.Null(unknown.SubscribedAt);
    }

    [Fact]
    public async Task One_openid_that_is_not_the_accounts_costs_nobody_else_the_details()
    {
        await using var town = new Town();
        town.Account.BatchRefusesStrangers = true;
        var people = town.Platform.AddPeople(150).ToList();
        people.ForEach(person => person.Follow(town.Account));
        var openIds = people.Select(person => person.OpenIdIn(town.Account)).ToList();
        openIds.Insert(37, "oIsOfAnotherAccount000000000");
        openIds.Insert(140, "oIsOfAnotherAccount000000001");

        var followers = await ToListAsync(Source(town).GetFollowersAsync(openIds));

        Assert.Equal(people.Select(person => person.OpenIdIn(town.Account)).Order(StringComparer.Ordinal), followers.Select(follower => follower.OpenId).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_follower_whose_batch_row_lacks_the_UnionID_is_asked_for_alone()
    {
        await using var town = new Town();
        town.Account.WithholdsUnionIdInBatches = person => person.Index % 10 == 0;
        var people = town.Platform.AddPeople(200);
        town.Account.AddFollowers(people);

        var followers = await ToListAsync(Source(town).GetFollowersAsync([.. people.Select(person => person.OpenIdIn(town.Account))]));

        Assert.Equal(200, followers.Count);
        Assert.All(followers, follower => Assert.NotNull(follower.UnionId));
        Assert.Equal(20, town.Platform.Calls.Count("/cgi-bin/user/info"));
    }

    [Fact]
    public async Task An_account_without_UnionIDs_costs_one_single_call_a_batch_and_not_one_a_follower()
    {
        await using var town = new Town();
        town.Account.OpenPlatform = null;
        var people = town.Platform.AddPeople(500);
        town.Account.AddFollowers(people);

        var followers = await ToListAsync(Source(town).GetFollowersAsync([.. people.Select(person => person.OpenIdIn(town.Account))]));

        Assert.Equal(500, followers.Count);
        Assert.All(followers, follower => Assert.Null(follower.UnionId));
        Assert.InRange(town.Platform.Calls.Count("/cgi-bin/user/info"), 1, 5);
    }

    [Fact]
    public async Task A_consumer_that_leaves_early_leaves_no_call_behind()
    {
        await using var town = new Town();
        var people = town.Platform.AddPeople(1000);
        town.Account.AddFollowers(people);

        await foreach (var follower in Source(town).GetFollowersAsync([.. people.Select(person => person.OpenIdIn(town.Account))]))
        {
            Assert.True(follower.IsFollowing);
            break;
        }

        Assert.InRange(town.Platform.Calls.Count("/cgi-bin/user/info/batchget"), 1, 6);
    }

    private static IFollowerSource Source(Town town) => town.Services.GetRequiredService<IFollowerSource>();

    private static async Task<List<Follower>> ToListAsync(IAsyncEnumerable<Follower> followers)
    {
        var list = new List<Follower>();
        await foreach (var follower in followers)
        {
            list.Add(follower);
        }

        return list;
    }
}
