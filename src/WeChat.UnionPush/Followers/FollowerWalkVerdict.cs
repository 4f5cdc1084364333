namespace WeChat.UnionPush;

/// <summary>Whether the end of a walk is believed. One broken list is not to make leavers of everybody it lacks.</summary>
/// <param name="Count">The followers at the end of the walk.</param>
/// <param name="CloseAt">Who was last observed before this time has left; <see langword="null"/> when nobody is to be marked.</param>
/// <param name="IsDoubted">Whether the next walk is to say whether it agrees.</param>
internal readonly record struct FollowerWalkVerdict(FollowerCount Count, DateTimeOffset? CloseAt, bool IsDoubted)
{
    // Small accounts lose a larger share with a few people.
    private const long FewLeavers = 10;

    // Two walks agree when they miss nearly the same people; some come and go in between.
    private const double Agreement = 0.9;

    /// <summary>Judges a walk that came to the end of the list.</summary>
    /// <param name="repository">Where everybody is whom it saw.</param>
    /// <param name="walk">The walk.</param>
    /// <param name="total">How many followers the platform counted, on the last page with any; 0 when there was none.</param>
    /// <param name="wentInCircles">Whether the list led back to where the walk had been.</param>
    /// <param name="maxLeaverShare">How large a share of the known followers one walk may mark.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public static async ValueTask<FollowerWalkVerdict> OnAsync(
        IUnionIdRepository repository, FollowerSyncState walk, long total, bool wentInCircles, double maxLeaverShare, CancellationToken cancellationToken)
    {
        var count = await repository.CountFollowersAsync(walk.AppId, walk.WalkStartedAt, cancellationToken).ConfigureAwait(false);
        var seen = count.Followers - count.Unseen;
        if (seen < total - (total / 10))
        {
            // Followers come and go during a walk, but a tenth of them missing means that the list broke off.
            return new(count, CloseAt: null, IsDoubted: true);
        }

        // An empty list is never believed alone.
        var few = walk.Listed == 0 ? 0 : Math.Max(Math.Clamp(count.Followers / 3, 1, FewLeavers), (long)(count.Followers * maxLeaverShare));
        var isShort = wentInCircles || total - seen > Math.Max(FewLeavers, total / 200);
        if (count.Unseen == 0 || (count.Unseen <= few && !isShort))
        {
            return new(count, walk.WalkStartedAt, IsDoubted: false);
        }

        if (walk.DoubtedAt is not { } doubtedAt)
        {
            return new(count, CloseAt: null, IsDoubted: true);
        }

        // Those whom neither of the two walks saw.
        var unseenTwice = (await repository.CountFollowersAsync(walk.AppId, doubtedAt, cancellationToken).ConfigureAwait(false)).Unseen;
        return unseenTwice >= Agreement * Math.Max(walk.Doubted, count.Unseen) ? new(count, walk.WalkStartedAt, IsDoubted: false)
            : unseenTwice <= few && walk.Listed > 0 ? new(count, doubtedAt, IsDoubted: true)
            : new(count, CloseAt: null, IsDoubted: true);
    }
}
