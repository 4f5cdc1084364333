using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Push;

namespace WeChat.UnionPush.Tests.Links;

/// <summary>What becomes of codes and links when two machines, or an event and an erasure, go for them at the same time.</summary>
public sealed class FollowLinkBookTests
{
    private const string Scene = "the secret in the code";

    private readonly ManualTimeProvider _time = new();
    private readonly MoodyReachStorage _storage;
    private readonly FollowLinkBook _book;

    public FollowLinkBookTests()
    {
        _storage = new MoodyReachStorage(_time);
        _book = new FollowLinkBook(new RouteApps(Town.MiniProgramAppId, Town.OfficialAccountAppId), _storage.Reach, _storage.Identities);
    }

    [Fact]
    public async Task A_code_is_taken_up_to_its_last_millisecond()
    {
        var end = _time.GetUtcNow().AddMinutes(10);
        await _book.AddCodeAsync("m1", Scene, end, default);
        Assert.Null(await _book.TakeCodeAsync(Scene, "o1", end.AddMilliseconds(1), default));
        Assert.Equal("m1", (await _book.TakeCodeAsync(Scene, "o1", end, default))?.OpenId);
    }

    [Fact]
    public async Task A_code_is_known_for_a_day_longer_than_it_can_be_scanned_for_its_event_may_come_late()
    {
        var end = _time.GetUtcNow().AddMinutes(10);
        await _book.AddCodeAsync("m1", Scene, end, default);
        var note = Assert.Single(await _storage.Reach.ListAsync(Town.OfficialAccountAppId, ReachKeys.Scene(""), null, 10)).Value;
        Assert.Equal(end.AddDays(1), note.ExpiresAt);
    }

    [Fact]
    public async Task Of_two_who_take_a_code_at_once_one_has_it_and_keeps_it()
    {
        var now = _time.GetUtcNow();
        await _book.AddCodeAsync("m1", Scene, now.AddMinutes(10), default);
        FollowLinkScene? other = null;
        _storage.BeforeNextWrite(ReachKeys.Scene(""), async () => other = await _book.TakeCodeAsync(Scene, "o2", now, default));
        Assert.Null(await _book.TakeCodeAsync(Scene, "o1", now, default));
        Assert.NotNull(other);
        Assert.Equal(other, await _book.TakeCodeAsync(Scene, "o2", now, default));
    }

    [Fact]
    public async Task Of_two_codes_that_a_user_asks_for_at_once_one_links()
    {
        var end = _time.GetUtcNow().AddMinutes(10);
        _storage.BeforeNextWrite(ReachKeys.Asked(""), () => _book.AddCodeAsync("m1", "another one", end, default).AsTask());
        await _book.AddCodeAsync("m1", Scene, end, default);
        Assert.Null(await _book.TakeCodeAsync("another one", "o1", _time.GetUtcNow(), default));
        Assert.NotNull(await _book.TakeCodeAsync(Scene, "o1", _time.GetUtcNow(), default));
    }

    [Fact]
    public async Task Who_is_linked_with_somebody_else_is_not_linked_and_the_follower_stays_free()
    {
        var (first, second) = (await TakenAsync("m1", Scene, "o1"), await TakenAsync("m1", "another one", "o2"));
        Assert.False(await _book.LinkAsync(Scene, first, "o1", default));
        Assert.True(await _book.LinkAsync("another one", second, "o2", default));
        var third = await TakenAsync("m1", "a third one", "o3");
        Assert.False(await _book.LinkAsync("a third one", third, "o3", default));
        Assert.True(await _book.IsLinkedAsync("m1", default));

        var fourth = await TakenAsync("m2", "a fourth one", "o3");
        Assert.True(await _book.LinkAsync("a fourth one", fourth, "o3", default));
    }

    [Fact]
    public async Task Who_is_erased_while_a_code_links_them_is_not_linked()
    {
        var code = await TakenAsync("m1", Scene, "o1");
        _storage.BeforeNextWrite(ReachKeys.Link(""), () => _book.ForgetAsync([new(Town.MiniProgramAppId, "m1")], default).AsTask());
        Assert.False(await _book.LinkAsync(Scene, code, "o1", default));
        Assert.False(await _book.IsLinkedAsync("m1", default));
        Assert.Null(await _book.BesideAsync(Town.OfficialAccountAppId, "o1", null, default));
    }

    [Fact]
    public async Task The_same_link_that_two_machines_write_at_once_holds()
    {
        var code = await TakenAsync("m1", Scene, "o1");
        _storage.BeforeNextWrite(ReachKeys.Linked(""), async () => Assert.True(await _book.LinkAsync(Scene, code, "o1", default)));
        Assert.True(await _book.LinkAsync(Scene, code, "o1", default));
        Assert.Equal("o1", (await _book.BesideAsync(Town.MiniProgramAppId, "m1", null, default))?.OpenId);
    }

    [Fact]
    public async Task Of_two_users_whom_two_machines_link_with_one_follower_at_once_one_is_linked()
    {
        var (first, second) = (await TakenAsync("m1", Scene, "o1"), await TakenAsync("m2", "another one", "o1"));
        _storage.BeforeNextWrite(ReachKeys.Linked(""), async () => Assert.True(await _book.LinkAsync("another one", second, "o1", default)));
        Assert.False(await _book.LinkAsync(Scene, first, "o1", default));
        Assert.Equal("m2", (await _book.BesideAsync(Town.OfficialAccountAppId, "o1", null, default))?.OpenId);
        Assert.False(await _book.IsLinkedAsync("m1", default));
    }

    [Fact]
    public async Task Who_belongs_to_neither_app_has_nobody_beside()
    {
        Assert.True(await _book.LinkAsync(Scene, await TakenAsync("m1", Scene, "o1"), "o1", default));
        Assert.Equal("m1", (await _book.BesideAsync(Town.OfficialAccountAppId, "o1", null, default))?.OpenId);
        Assert.Null(await _book.BesideAsync("wx2222222222222222", "o1", null, default));
        Assert.Null(await _book.FindFollowerByUnionIdAsync("u-of-nobody", default));
    }

    private async Task<FollowLinkScene> TakenAsync(string user, string scene, string follower)
    {
        await _book.AddCodeAsync(user, scene, _time.GetUtcNow().AddMinutes(10), default);
        return (await _book.TakeCodeAsync(scene, follower, _time.GetUtcNow(), default))!;
    }
}
