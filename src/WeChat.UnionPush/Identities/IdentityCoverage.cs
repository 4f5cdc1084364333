namespace WeChat.UnionPush;

/// <summary>How many users of a Mini Program can be reached through an Official Account. The five parts add up to <see cref="Total"/>.</summary>
/// <param name="Reachable">Linked, and following the Official Account.</param>
/// <param name="Unlinked">No UnionID is known of them.</param>
/// <param name="NeverFollowed">Their UnionID is not known in the Official Account, or nothing is known of their following.</param>
/// <param name="Left">They followed once and no longer do, or are known not to follow.</param>
/// <param name="Refusing">They follow, and refuse messages.</param>
public sealed record IdentityCoverage(long Reachable, long Unlinked, long NeverFollowed, long Left, long Refusing)
{
    /// <summary>All users of the Mini Program.</summary>
    public long Total => Reachable + Unlinked + NeverFollowed + Left + Refusing;
}
