using NSubstitute;

namespace WeChat.UnionPush.Tests.Followers;

/// <summary>The borders of what is believed at the end of a walk, and what the next walk is told.</summary>
public sealed class FollowerWalkVerdictTests
{
    private static readonly DateTimeOffset Doubted = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Began = Doubted.AddHours(1);

    public enum Closes
    {
        Nobody,
        WhomThisWalkMissed,
        WhomBothMissed,
    }

    // Of 1,000 known followers 50 may leave at once, of which the platform's own count may be 10 ahead.
    [Theory]
    [InlineData(0, 1_000, false, Closes.WhomThisWalkMissed, false)]
    [InlineData(50, 950, false, Closes.WhomThisWalkMissed, false)]
    [InlineData(51, 949, false, Closes.Nobody, true)]
    [InlineData(10, 1_000, false, Closes.WhomThisWalkMissed, false)]
    [InlineData(11, 1_000, false, Closes.Nobody, true)]
    [InlineData(101, 1_000, false, Closes.Nobody, true)]
    [InlineData(0, 1_112, false, Closes.Nobody, true)]
    [InlineData(0, 1_111, false, Closes.WhomThisWalkMissed, false)]
    [InlineData(1, 999, true, Closes.Nobody, true)]
    [InlineData(0, 1_000, true, Closes.WhomThisWalkMissed, false)]
    public async Task A_walk_is_believed_or_doubted_alone(long unseen, long total, bool wentInCircles, Closes closes, bool isDoubted)
    {
        var walk = new FollowerSyncState("wx1") { WalkStartedAt = Began, Listed = 1_000 - unseen };
        Assert.Equal((closes, isDoubted), await JudgeAsync(walk, unseen, unseenTwice: 0, total, wentInCircles));
    }

    [Theory]
    [InlineData(500, 500, 450, Closes.WhomThisWalkMissed, false)]
    [InlineData(500, 500, 449, Closes.Nobody, true)]
    [InlineData(450, 500, 450, Closes.WhomThisWalkMissed, false)]
    [InlineData(500, 450, 450, Closes.WhomThisWalkMissed, false)]
    [InlineData(500, 450, 449, Closes.Nobody, true)]
    [InlineData(500, 500, 51, Closes.Nobody, true)]
    [InlineData(500, 500, 50, Closes.WhomBothMissed, true)]
    [InlineData(500, 500, 0, Closes.WhomBothMissed, true)]
    public async Task A_second_walk_agrees_or_marks_the_few_whom_neither_saw(long doubted, long unseen, long unseenTwice, Closes closes, bool isDoubted)
    {
        var walk = new FollowerSyncState("wx1") { WalkStartedAt = Began, Listed = 1_000 - unseen, DoubtedAt = Doubted, Doubted = doubted };
        Assert.Equal((closes, isDoubted), await JudgeAsync(walk, unseen, unseenTwice, total: 1_000 - unseen, wentInCircles: false));
    }

    [Theory]
    [InlineData(1_000, 1_000, Closes.WhomThisWalkMissed, false)]
    [InlineData(1_000, 10, Closes.Nobody, true)]
    [InlineData(1_000, 0, Closes.Nobody, true)]
    public async Task An_empty_list_marks_nobody_but_those_whom_the_walk_before_missed_too(long doubted, long unseenTwice, Closes closes, bool isDoubted)
    {
        var walk = new FollowerSyncState("wx1") { WalkStartedAt = Began, DoubtedAt = Doubted, Doubted = doubted };
        Assert.Equal((closes, isDoubted), await JudgeAsync(walk, unseen: 1_000, unseenTwice, total: 0, wentInCircles: false));
    }

    private static async Task<(Closes Closes, bool IsDoubted)> JudgeAsync(FollowerSyncState walk, long unseen, long unseenTwice, long total, bool wentInCircles)
    {
        var repository = Substitute.For<IUnionIdRepository>();
        repository.CountFollowersAsync("wx1", Began, Arg.Any<CancellationToken>()).Returns(new FollowerCount(1_000, unseen, 0));
        repository.CountFollowersAsync("wx1", Doubted, Arg.Any<CancellationToken>()).Returns(new FollowerCount(1_000, unseenTwice, 0));
        var verdict = await FollowerWalkVerdict.OnAsync(repository, walk, total, wentInCircles, 0.05, TestContext.Current.CancellationToken);
        Assert.Equal(new FollowerCount(1_000, unseen, 0), verdict.Count);
        return (verdict.CloseAt == Began ? Closes.WhomThisWalkMissed : verdict.CloseAt == Doubted ? Closes.WhomBothMissed : Closes.Nobody, verdict.IsDoubted);
    }
}
