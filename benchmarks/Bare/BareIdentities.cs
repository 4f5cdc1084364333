namespace WeChat.UnionPush.Bare;

/// <summary>The join written by hand, in memory: openid to UnionID, and UnionID to openid.</summary>
internal sealed class BareIdentities : IBareIdentities
{
    private readonly Dictionary<string, string?> _unionIds = [];
    private readonly Dictionary<string, string> _openIds = [];

    public void Save(List<BareFollower> followers)
    {
        lock (_unionIds)
        {
            foreach (var follower in followers)
            {
                _unionIds[follower.OpenId] = follower.UnionId;
                if (follower is { Subscribe: 1, UnionId: { } unionId })
                {
                    _openIds[unionId] = follower.OpenId;
                }
            }
        }
    }

    public void End()
    {
    }

    public int CountLinked() => _unionIds.Count(entry => entry.Value is { } unionId && _openIds[unionId] == entry.Key);
}
