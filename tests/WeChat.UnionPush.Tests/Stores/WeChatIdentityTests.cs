namespace WeChat.UnionPush.Tests.Stores;

public sealed class WeChatIdentityTests
{
    [Fact]
    public void An_id_that_no_store_can_keep_is_refused_by_name()
    {
        foreach (var id in new[] { "", "a\0b", "\ud83d", "a\ude00\ud83d", "😀\ud83d" })
        {
            Assert.Equal("AppId", Assert.ThrowsAny<ArgumentException>(() => new WeChatIdentity(id, "o1")).ParamName);
            Assert.Equal("OpenId", Assert.ThrowsAny<ArgumentException>(() => new WeChatIdentity("wx", id)).ParamName);
            Assert.Equal("OpenId", Assert.ThrowsAny<ArgumentException>(() => new WeChatIdentity("wx", "o1") with { OpenId = id }).ParamName);
        }
    }

    [Fact]
    public void An_id_of_more_than_128_characters_is_refused_by_name()
    {
        var longest = new string('x', 128);
        var identity = new WeChatIdentity(longest, longest) { UnionId = longest };
        Assert.Equal("AppId", Assert.Throws<ArgumentException>(() => identity with { AppId = longest + "x" }).ParamName);
        Assert.Equal("OpenId", Assert.Throws<ArgumentException>(() => identity with { OpenId = longest + "x" }).ParamName);
        Assert.Equal("UnionId", Assert.Throws<ArgumentException>(() => identity with { UnionId = longest + "x" }).ParamName);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \t\u3000")]
    public void A_blank_UnionID_is_none(string? unionId) => Assert.Null(new WeChatIdentity("wx", "o1") { UnionId = unionId }.UnionId);

    [Fact]
    public void Times_are_cut_to_the_millisecond_in_UTC()
    {
        var fine = new DateTimeOffset(2026, 3, 1, 20, 0, 0, 123, TimeSpan.FromHours(8)).AddTicks(9_999);
        var identity = new WeChatIdentity("wx", "o1") { ObservedAt = fine, DetailsAt = fine };
        Assert.Equal(new DateTime(2026, 3, 1, 12, 0, 0, 123), identity.ObservedAt.DateTime);
        Assert.Equal(TimeSpan.Zero, identity.ObservedAt.Offset);
        Assert.Equal(identity.ObservedAt, identity.DetailsAt);
        Assert.Equal(identity, new WeChatIdentity("wx", "o1") { ObservedAt = fine.AddTicks(-9_000), DetailsAt = fine.AddTicks(-9_000) });
        Assert.Equal(DateTimeOffset.MinValue, new WeChatIdentity("wx", "o1").ObservedAt);
        Assert.Null(new WeChatIdentity("wx", "o1").DetailsAt);
    }

    [Fact]
    public void An_observation_that_changes_nothing_gives_the_same_object()
    {
        var stored = new WeChatIdentity("wx", "o1")
        { UnionId = "u1", FollowState = FollowState.Following, ObservedAt = DateTimeOffset.UnixEpoch, DetailsAt = DateTimeOffset.UnixEpoch };
        Assert.Same(stored, stored.MergedWith(stored with { FollowState = FollowState.Unknown, UnionId = null, DetailsAt = null }));
        Assert.Same(stored, stored.MergedWith(
            stored with { ObservedAt = DateTimeOffset.UnixEpoch.AddDays(-1), UnionId = "u2", FollowState = FollowState.Refusing, DetailsAt = null }));
        Assert.NotSame(stored, stored.MergedWith(stored with { DetailsAt = DateTimeOffset.UnixEpoch.AddDays(1) }));
    }

    [Fact]
    public void Another_persons_observation_is_refused()
    {
        var stored = new WeChatIdentity("wx", "o1");
        Assert.Throws<ArgumentException>(() => stored.MergedWith(new("wx", "O1")));
        Assert.Throws<ArgumentException>(() => stored.MergedWith(new("wX", "o1")));
    }
}
