using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Tests.Api;

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

    [Theory]
    [InlineData("")]
    [InlineData("o1")]
    public async Task A_page_that_names_no_next_one_or_the_one_before_it_is_the_last(string next)
    {
        using var handler = new ScriptedHandler($$$"""{"total":3,"count":2,"data":{"openid":["o2","o3"]},"next_openid":"{{{next}}}"}""");
        var pages = new List<FollowerPage>();
        await foreach (var page in Source(handler).GetPagesAsync("o1"))
        {
            pages.Add(page);
        }

        Assert.Equal(["o2", "o3"], Assert.Single(pages).OpenIds);
        Assert.Equal("", pages[0].NextOpenId);
        Assert.EndsWith("&next_openid=o1", Assert.Single(handler.Requests).Address.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_page_is_asked_for_without_an_openid()
    {
        using var handler = new ScriptedHandler("""{"total":0,"count":0,"next_openid":""}""");
        Assert.Empty((await Source(handler).GetPageAsync("", TestContext.Current.CancellationToken)).OpenIds);
        Assert.DoesNotContain("next_openid", Assert.Single(handler.Requests).Address.Query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"next_openid":""}""", "total and count")]
    [InlineData("""{"total":9,"count":9,"next_openid":""}""", "data.openid")]
    [InlineData("""{"total":1,"count":1,"data":{"openid":"o1"},"next_openid":""}""", "cannot be read")]
    [InlineData("""{"total":1,"count":1,"data":{"openid":[7]},"next_openid":""}""", "cannot be read")]
    public async Task A_page_that_lacks_what_it_must_have_is_refused(string answer, string missing)
    {
        using var handler = new ScriptedHandler(answer);
        var refused = await Assert.ThrowsAsync<WeChatApiException>(() => Source(handler).GetPageAsync("", TestContext.Current.CancellationToken));
        Assert.Contains(missing, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"subscribe":1,"openid":"o2","unionid":"u2"}""", "the openid that was asked for")]
    [InlineData("""{"subscribe":1,"unionid":"u1"}""", "openid")]
    public async Task Details_of_somebody_else_or_of_nobody_are_refused(string answer, string missing)
    {
        using var handler = new ScriptedHandler(answer);
        var refused = await Assert.ThrowsAsync<WeChatApiException>(() => Source(handler).GetFollowerAsync("o1"));
        Assert.Contains(missing, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_refuses_to_tell_of_a_follower_is_quoted()
    {
        using var handler = new ScriptedHandler("""{"errcode":40003,"errmsg":"invalid openid rid: 1"}""");
        var refused = await Assert.ThrowsAsync<WeChatApiException>(() => Source(handler).GetFollowerAsync("o1"));
        Assert.Equal((40003, "invalid openid rid: 1"), (refused.ErrorCode?.Value, refused.ErrorMessage));
    }

    [Fact]
    public async Task A_row_may_have_what_only_answers_have_and_what_nobody_knows()
    {
        using var handler = new ScriptedHandler(
            """{"user_info_list":[{"errmsg":"ok","errcode":0,"tagid_list":{"a":[1]},"openid":"o1","subscribe":1,"unionid":"u1","subscribe_time":253402300799},"""
                + """{"openid":"o2","unionid":"u2","subscribe":1,"subscribe_time":253402300800}]}""");
        var followers = await ToListAsync(Source(handler).GetFollowersAsync(["o1", "o2"]));
        Assert.Equal([("o1", "u1", 0), ("o2", "u2", 0)], followers.Select(follower => (follower.OpenId, follower.UnionId!, follower.TagIds.Count)));
        Assert.Equal([253402300799, null], followers.Select(follower => follower.SubscribedAt?.ToUnixTimeSeconds()));
    }

    [Fact]
    public async Task A_batch_that_is_no_list_is_refused()
    {
        using var handler = new ScriptedHandler("""{"user_info_list":{"openid":"o1"}}""", """{"openid":"o1","subscribe":1,"unionid":"u1"}""");
        Assert.Equal("u1", Assert.Single(await ToListAsync(Source(handler).GetFollowersAsync(["o1"]))).UnionId);
        Assert.Equal(2, handler.Count);
    }

    [Theory]
    [InlineData(true, "following")]
    [InlineData(false, "not following")]
    public void A_follower_as_text_says_whether_they_follow(bool follows, string text) => Assert.Equal($"o1 ({text})", new Follower("o1", follows).ToString());

    [Fact]
    public async Task A_refused_batch_tells_its_code()
    {
        using var handler = new ScriptedHandler("""{"errcode":48001,"errmsg":"api unauthorized"}""");
        var refused = await Assert.ThrowsAsync<WeChatApiException>(() => ToListAsync(Source(handler).GetFollowersAsync(["o1", "o2"])));
        Assert.Equal(48001, refused.ErrorCode?.Value);
        Assert.Equal(1, handler.Count);
    }

    [Fact]
    public async Task A_batch_asks_for_each_openid_in_Chinese()
    {
        using var handler = new ScriptedHandler("""{"user_info_list":[{"subscribe":1,"openid":"o1","unionid":"u1"},{"subscribe":1,"openid":"o2","unionid":"u2"}]}""");
        Assert.Equal(["o1", "o2"], (await ToListAsync(Source(handler).GetFollowersAsync(["o1", "o2"]))).Select(follower => follower.OpenId));
        Assert.Equal("""{"user_list":[{"openid":"o1","lang":"zh_CN"},{"openid":"o2","lang":"zh_CN"}]}""", Assert.Single(handler.Requests).Text);
    }

    [Fact]
    public async Task Who_has_no_UnionID_does_not_keep_those_after_them_from_being_asked_for()
    {
        // The account is known to have UnionIDs by the first row.
        using var handler = new ScriptedHandler(
            """{"user_info_list":[{"subscribe":1,"openid":"o1","unionid":"u1"},{"subscribe":1,"openid":"o2"},{"subscribe":1,"openid":"o3"}]}""",
            """{"subscribe":1,"openid":"o2"}""",
            """{"subscribe":1,"openid":"o3","unionid":"u3"}""");
        var source = Source(handler);
        Assert.Equal(["u1", null, "u3"], (await ToListAsync(source.GetFollowersAsync(["o1", "o2", "o3"]))).Select(follower => follower.UnionId));
        Assert.Equal(3, source.DetailCalls);
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

    [Theory]
    [InlineData(
        """{"subscribe":1,"openid":"o1","unionid":" u1 ","subscribe_time":1434093047"""
            + ""","subscribe_scene":"ADD_SCENE_QR_CODE","remark":"备注","tagid_list":[128,2],"qr_scene":98765,"qr_scene_str":"门店"}""",
        "ADD_SCENE_QR_CODE")]
    [InlineData(
        """{"groupid":{"tagid_list":[1]},"qr_scene_str":"门店","qr_scene":"98765","tagid_list":["128",2]"""
            + ""","remark":"\u5907注","subscribe_scene":"ADD_SCENE_NEW","subscribe_time":"1434093047","\u0075nionid":"u1","nickname":null,"openid":"o1","subscribe":"1"}""",
        "ADD_SCENE_NEW")]
    public async Task Everything_told_of_a_follower_is_read_in_any_order_and_spelling(string row, string scene)
    {
        using var alone = new ScriptedHandler(row);
        using var together = new ScriptedHandler($$"""{"user_info_list":[null,{},{"openid":" ","subscribe":1},{{row}},{"openid":"o2","unionid":" ","tagid_list":[]}]}""");

        var single = await Source(alone).GetFollowerAsync("o1");
        var both = await ToListAsync(Source(together).GetFollowersAsync(["o1", "o2"]));

        Assert.Equal(2, both.Count);
        Assert.Equal(("o2", false, null, null, 0), (both[1].OpenId, both[1].IsFollowing, both[1].UnionId, both[1].SubscribedAt, both[1].TagIds.Count));
        Assert.All(
            [single, both[0]],
            follower =>
            {
                Assert.Equal(("o1", true, "u1"), (follower.OpenId, follower.IsFollowing, follower.UnionId));
                Assert.Equal((1434093047, scene), (follower.SubscribedAt!.Value.ToUnixTimeSeconds(), follower.SubscribeScene));
                Assert.Equal(("备注", "98765", "门店"), (follower.Remark, follower.QrScene, follower.QrSceneText));
                Assert.Equal([128, 2], follower.TagIds);
            });
    }

    [Theory]
    [InlineData("""{"openid":7,"subscribe":1}""")]
    [InlineData("""{"openid":"o1","subscribe":"yes"}""")]
    [InlineData("""{"openid":"o1","subscribe":1,"unionid":["u1"]}""")]
    [InlineData("""{"openid":"o1","subscribe":1,"tagid_list":[99999999999]}""")]
    [InlineData("""{"openid":"o1","subscribe":1,"unionid":7}""")]
    [InlineData("""["o1"]""")]
    public async Task A_follower_who_cannot_be_read_is_not_guessed(string row)
    {
        using var alone = new ScriptedHandler(row);
        using var together = new ScriptedHandler($$"""{"user_info_list":[{{row}}]}""");

        Assert.Contains("cannot be read", (await Assert.ThrowsAsync<WeChatApiException>(() => Source(alone).GetFollowerAsync("o1"))).Message, StringComparison.Ordinal);
        Assert.Empty(await ToListAsync(Source(together).GetFollowersAsync(["o1"])));
    }

    [Fact]
    public async Task Answers_of_which_none_can_be_read_end_the_asking_soon()
    {
        using var broken = new ScriptedHandler("""{"user_info_list":["o1"]}""");
        await Assert.ThrowsAsync<WeChatApiException>(() => ToListAsync(Source(broken).GetFollowersAsync([.. Enumerable.Range(0, 100).Select(i => $"o{i}")])));

        // Halves of halves down to one, who is asked for alone, and again from where the way divided.
        Assert.Equal(17, broken.Count);
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

        Assert.Equal(people.Select(person => person.OpenIdIn(town.Account)).Order(StringComparer.Ordinal),
            followers.Select(follower => follower.OpenId).Order(StringComparer.Ordinal));
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
    public async Task Where_all_rows_of_a_batch_lack_the_UnionID_one_who_has_it_shows_that_the_others_may()
    {
        await using var town = new Town();
        town.Account.WithholdsUnionIdInBatches = _ => true;
        var people = town.Platform.AddPeople(30);
        town.Account.AddFollowers(people);
        var followers = await ToListAsync(Source(town).GetFollowersAsync([.. people.Select(person => person.OpenIdIn(town.Account))]));
        Assert.All(followers, follower => Assert.NotNull(follower.UnionId));
        Assert.Equal(30, town.Platform.Calls.Count("/cgi-bin/user/info"));
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

    private static FollowerSource Source(ScriptedHandler handler) => new(
        ScriptedHandler.Api(ScriptedHandler.Transport(handler, TimeProvider.System, options => options.Http.MaxRetries = 0), new OneToken()),
        new FollowerSyncOptions(),
        TimeProvider.System);

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
