namespace WeChat.UnionPush;

/// <summary>Counts the users of a Mini Program into the parts of <see cref="IdentityCoverage"/>.</summary>
internal struct CoverageCount
{
    private long _reachable;
    private long _unlinked;
    private long _neverFollowed;
    private long _left;
    private long _refusing;

    public readonly IdentityCoverage Coverage => new(_reachable, _unlinked, _neverFollowed, _left, _refusing);

    /// <summary>Counts one user: whether a UnionID is known, and the follow state of the same person in the Official Account.</summary>
    public void Add(bool isLinked, FollowState? state)
    {
        if (!isLinked)
        {
            _unlinked++;
            return;
        }

        switch (state)
        {
            case FollowState.Following:
                _reachable++;
                break;
            case FollowState.NotFollowing:
                _left++;
                break;
            case FollowState.Refusing:
                _refusing++;
                break;
            default:
                _neverFollowed++;
                break;
        }
    }
}
