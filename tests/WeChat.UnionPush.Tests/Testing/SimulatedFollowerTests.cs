using System.Text.Json;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedFollowerTests
{
    private static async Task<JsonElement> PageAsync(PlatformFixture fixture, string next = "") =>
        await fixture.GetAsync($"/cgi-bin/user/get?access_token={await fixture.TokenAsync()}&next_openid={next}");

    private static async Task<JsonElement> InfoAsync(PlatformFixture fixture, string openId) =>
        await fixture.GetAsync($"/cgi-bin/user/info?access_token={await fixture.TokenAsync()}&openid={openId}&lang=zh_CN");

    private static async Task<JsonElement> BatchAsync(PlatformFixture fixture, params string[] openIds) => await fixture.PostAsync(
        $"/cgi-bin/user/info/batchget?access_token={await fixture.TokenAsync()}",
        $$"""{"user_list":[{{string.Join(',', openIds.Select(openId => $$"""{"openid":"{{openId}}","lang":"zh_CN"}"""))}}]}""");

    private static string[] OpenIds(JsonElement page) => [.. page.GetProperty("data").GetProperty("openid").EnumerateArray().Select(item => item.GetString()!)];

    private static async Task<List<string>> WalkAsync(PlatformFixture fixture)
    {
        var all = new List<string>();
        for (var next = ""; ;)
        {
            var page = await PageAsync(fixture, next);
            if (page.GetProperty("count").GetInt32() == 0)
            {
                return all;
            }

            all.AddRange(OpenIds(page));
            next = page.GetProperty("next_openid").GetString()!;
        }
    }

    [Fact]
    public async Task Pages_hold_ten_thousand_and_the_last_one_looks_like_any_other()
    {
        using var fixture = new PlatformFixture();
        var people = fixture.Platform.AddPeople(25_000);
        fixture.Account.AddFollowers(people);
        var seen = new HashSet<string>();
        var next = "";
        foreach (var count in new[] { 10_000, 10_000, 5_000 })
        {
            var page = await PageAsync(fixture, next);
            Assert.Equal(25_000, page.GetProperty("total").GetInt32());
            Assert.Equal(count, page.GetProperty("count").GetInt32());
            Assert.False(page.TryGetProperty("errcode", out _));
            var openIds = OpenIds(page);
            Assert.Equal(count, openIds.Length);
            seen.UnionWith(openIds);
            next = page.GetProperty("next_openid").GetString()!;
            Assert.Equal(openIds[^1], next);
        }

        var end = await PageAsync(fixture, next);
        Assert.Equal(0, end.GetProperty("count").GetInt32());
        Assert.Equal("", end.GetProperty("next_openid").GetString());
        Assert.False(end.TryGetProperty("data", out _));
        Assert.True(seen.SetEquals(people.Select(person => person.OpenIdIn(fixture.Account))));
    }

    [Fact]
    public async Task A_foreign_cursor_gets_40003_and_the_501st_call_of_a_day_45009()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        Assert.Equal(40003, ErrorCode(await PageAsync(fixture, person.OpenIdIn(fixture.MiniProgram))));
        for (var i = 1; i < 500; i++)
        {
            Assert.Equal(0, ErrorCode(await PageAsync(fixture)));
        }

        Assert.Equal(45009, ErrorCode(await PageAsync(fixture)));
        fixture.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, ErrorCode(await PageAsync(fixture)));
    }

    [Fact]
    public async Task Any_mix_of_follows_and_unfollows_is_listed_as_it_is()
    {
        var random = new Random(20260105);
        for (var round = 0; round < 20; round++)
        {
            using var fixture = new PlatformFixture(round);
            var people = fixture.Platform.AddPeople(400);
            var expected = new HashSet<long>();
            for (var step = 0; step < 120; step++)
            {
                var index = random.Next(400);
                switch (random.Next(4))
                {
                    case 0:
                        people[index].Unfollow(fixture.Account);
                        expected.Remove(index);
                        break;
                    case 1:
                        var count = random.Next(0, Math.Min(60, 400 - index));
                        fixture.Account.AddFollowers(people.Slice(index, count));
                        expected.UnionWith(Enumerable.Range(index, count).Select(i => (long)i));
                        break;
                    default:
                        people[index].Follow(fixture.Account);
                        expected.Add(index);
                        break;
                }
            }

            Assert.Equal(expected.Count, fixture.Account.FollowerCount);
            var listed = await WalkAsync(fixture);
            Assert.Equal(expected.Order().Select(index => people[index].OpenIdIn(fixture.Account)), listed);
            Assert.All(people, person => Assert.Equal(expected.Contains(person.Index), person.IsFollowing(fixture.Account)));
        }
    }

    [Fact]
    public async Task Ten_million_followers_cost_nothing_until_they_are_asked_for()
    {
        using var fixture = new PlatformFixture();
        var before = GC.GetAllocatedBytesForCurrentThread();
        fixture.Account.AddFollowers(fixture.Platform.AddPeople(10_000_000));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.Equal(10_000_000, fixture.Account.FollowerCount);
        var last = fixture.Platform.FindPerson(fixture.Account.AppId, (await PageAsync(fixture)).GetProperty("next_openid").GetString()!);
        Assert.Equal(9_999, last!.Index);
    }

    [Fact]
    public async Task Details_of_a_follower_are_complete()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account, "ADD_SCENE_QR_CODE", "98765");
        var info = await InfoAsync(fixture, person.OpenIdIn(fixture.Account));
        Assert.Equal(1, info.GetProperty("subscribe").GetInt32());
        Assert.Equal(person.UnionIdUnder("brand"), info.GetProperty("unionid").GetString());
        Assert.Equal(fixture.Time.GetUtcNow().ToUnixTimeSeconds(), info.GetProperty("subscribe_time").GetInt64());
        Assert.Equal("ADD_SCENE_QR_CODE", info.GetProperty("subscribe_scene").GetString());
        Assert.Equal(98765, info.GetProperty("qr_scene").GetInt32());
        Assert.False(info.TryGetProperty("errcode", out _));
        fixture.Account.PadsUnionIds = true;
        Assert.Equal(" " + person.UnionIdUnder("brand"), (await InfoAsync(fixture, person.OpenIdIn(fixture.Account))).GetProperty("unionid").GetString());
    }

    [Fact]
    public async Task Who_left_has_no_UnionID_and_who_comes_back_has_the_same_one()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPeople(10)[3];
        fixture.Account.AddFollowers(fixture.Platform.AddPeople(5));
        person.Follow(fixture.Account);
        var openId = person.OpenIdIn(fixture.Account);
        var unionId = (await InfoAsync(fixture, openId)).GetProperty("unionid").GetString();
        person.Unfollow(fixture.Account);
        var left = await InfoAsync(fixture, openId);
        Assert.Equal(0, left.GetProperty("subscribe").GetInt32());
        Assert.False(left.TryGetProperty("unionid", out _));
        Assert.False(left.TryGetProperty("subscribe_time", out _));
        fixture.Time.Advance(TimeSpan.FromDays(2));
        person.Follow(fixture.Account);
        var back = await InfoAsync(fixture, openId);
        Assert.Equal(unionId, back.GetProperty("unionid").GetString());
        Assert.Equal(fixture.Time.GetUtcNow().ToUnixTimeSeconds(), back.GetProperty("subscribe_time").GetInt64());
    }

    [Fact]
    public async Task No_binding_and_no_sandbox_account_has_UnionIDs_and_another_binding_has_others()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        var openId = person.OpenIdIn(fixture.Account);
        fixture.Account.OpenPlatform = null;
        Assert.False((await InfoAsync(fixture, openId)).TryGetProperty("unionid", out _));
        fixture.Account.OpenPlatform = "another";
        Assert.Equal(person.UnionIdUnder("another"), (await InfoAsync(fixture, openId)).GetProperty("unionid").GetString());
        fixture.Account.IsSandbox = true;
        Assert.False((await InfoAsync(fixture, openId)).TryGetProperty("unionid", out _));
    }

    [Fact]
    public async Task An_openid_of_nobody_or_of_another_app_gets_40003()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        Assert.Equal(40003, ErrorCode(await InfoAsync(fixture, person.OpenIdIn(fixture.MiniProgram))));
        Assert.Equal(40003, ErrorCode(await InfoAsync(fixture, "oAbCdEfGhIjKlMnOpQrStUvWxYz0")));
        Assert.Equal(41009, ErrorCode(await InfoAsync(fixture, "")));
        Assert.Equal(40003, ErrorCode(await BatchAsync(fixture, person.OpenIdIn(fixture.Account), person.OpenIdIn(fixture.MiniProgram))));
    }

    [Fact]
    public async Task A_batch_takes_a_hundred_and_lists_strangers_unless_it_refuses_them()
    {
        using var fixture = new PlatformFixture();
        var people = fixture.Platform.AddPeople(101);
        fixture.Account.AddFollowers(people.Slice(0, 99));
        var openIds = people.Select(person => person.OpenIdIn(fixture.Account)).ToArray();
        Assert.Equal(40032, ErrorCode(await BatchAsync(fixture, openIds)));
        Assert.Equal(40032, ErrorCode(await BatchAsync(fixture)));
        var rows = (await BatchAsync(fixture, openIds[..100])).GetProperty("user_info_list").EnumerateArray().ToArray();
        Assert.Equal(openIds[..100], rows.Select(row => row.GetProperty("openid").GetString()));
        Assert.Equal(people[0].UnionIdUnder("brand"), rows[0].GetProperty("unionid").GetString());
        Assert.Equal($$"""{"subscribe":0,"openid":"{{openIds[99]}}"}""", rows[99].GetRawText());
        fixture.Account.BatchRefusesStrangers = true;
        Assert.Equal(40003, ErrorCode(await BatchAsync(fixture, openIds[..100])));
        Assert.Equal(0, ErrorCode(await BatchAsync(fixture, openIds[..99])));
    }

    [Fact]
    public async Task A_batch_row_may_lack_the_UnionID_that_the_single_call_has()
    {
        using var fixture = new PlatformFixture();
        var people = fixture.Platform.AddPeople(2);
        fixture.Account.AddFollowers(people);
        fixture.Account.WithholdsUnionIdInBatches = person => person.Equals(people[0]);
        var rows = (await BatchAsync(fixture, people[0].OpenIdIn(fixture.Account), people[1].OpenIdIn(fixture.Account))).GetProperty("user_info_list");
        Assert.False(rows[0].TryGetProperty("unionid", out _));
        Assert.True(rows[1].TryGetProperty("unionid", out _));
        Assert.True((await InfoAsync(fixture, people[0].OpenIdIn(fixture.Account))).TryGetProperty("unionid", out _));
    }

    [Fact]
    public void Populations_are_bounded_and_belong_to_their_platform()
    {
        using var fixture = new PlatformFixture();
        var people = fixture.Platform.AddPeople(10);
        Assert.Throws<ArgumentOutOfRangeException>(() => people[10]);
        Assert.Throws<ArgumentOutOfRangeException>(() => people[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => people.Slice(5, 6));
        Assert.Equal(people[7], people.Slice(5, 5)[2]);
        var elsewhere = new SimulatedPlatform().AddOfficialAccount("wx1", "secret");
        Assert.Throws<ArgumentException>(() => people[0].Follow(elsewhere));
    }
}
