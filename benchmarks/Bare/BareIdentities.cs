namespace WeChat.UnionPush.Bare;

/// <summary>The join by hand, in memory: who has which UnionID, and who is behind a UnionID.</summary>
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
