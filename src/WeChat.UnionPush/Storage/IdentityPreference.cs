namespace WeChat.UnionPush.Storage;

/// <summary>
/// Which identity is meant where several identities of one app carry the same UnionID: one that is <see cref="FollowState.Following"/>, then the one
/// observed last, then the first by the bytes of its openid. For stores that read all of them and choose.
/// </summary>
public static class IdentityPreference
{
    /// <summary>Whether one identity is preferred to another one of the same app and UnionID.</summary>
    /// <param name="one">An identity.</param>
    /// <param name="other">Another one.</param>
    public static bool IsPreferred(WeChatIdentity one, WeChatIdentity other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        var follows = one.FollowState == FollowState.Following;
        return follows != (other.FollowState == FollowState.Following) ? follows
            : one.ObservedAt != other.ObservedAt ? one.ObservedAt > other.ObservedAt
            : Utf8Order.Instance.Compare(one.OpenId, other.OpenId) < 0;
    }

    /// <summary>The preferred one of several identities of one app and UnionID, in whatever order they come.</summary>
    /// <param name="identities">The identities.</param>
    /// <returns><see langword="null"/> where there are none.</returns>
    public static WeChatIdentity? Best(IEnumerable<WeChatIdentity> identities)
    {
        ArgumentNullException.ThrowIfNull(identities);
        WeChatIdentity? best = null;
        foreach (var identity in identities)
        {
            best = best is null || IsPreferred(identity, best) ? identity : best;
        }

        return best;
    }
}
