namespace WeChat.UnionPush;

/// <summary>How many users of a Mini Program can be reached through an Official Account. The five parts add up to <see cref="Total"/>.</summary>
/// <remarks>
/// It goes by UnionIDs alone. Whom only a scanned code of <c>AddFollowLinks</c> links does not count as reachable here; <see cref="IUnionPush.GetReachAsync"/>
/// counts them too.
/// </remarks>
/// <param name="Reachable">Linked, and following the Official Account.</param>
/// <param name="Unlinked">No UnionID is known of them.</param>
/// <param name="NeverFollowed">Their UnionID is not known in the Official Account, or nothing is known of their following.</param>
/// <param name="Left">They followed once and no longer do, or are known not to follow.</param>
/// <param name="Refusing">They follow, and refuse messages.</param>
public sealed record IdentityCoverage(long Reachable, long Unlinked, long NeverFollowed, long Left, long Refusing)
{
    /// <summary>
    /// Followers of the Official Account whose UnionID is not known, so that they cannot be told to be users: some of those counted as
    /// <see cref="NeverFollowed"/> may be among them. Not a part of <see cref="Total"/>. A full sync brings their UnionIDs once the account is bound to
    /// the Mini Program's Open Platform account.
    /// </summary>
    public long UnlinkedFollowers { get; init; }

    /// <summary>All users of the Mini Program.</summary>
    public long Total => Reachable + Unlinked + NeverFollowed + Left + Refusing;
}
