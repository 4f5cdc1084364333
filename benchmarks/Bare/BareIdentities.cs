namespace WeChat.UnionPush.Bare;

/// <summary>The join by hand, in memory: who has which UnionID, and who is behind a UnionID.</summary>
internal sealed class BareIdentities
{
    public Dictionary<string, string?> UnionIds { get; } = [];

    public Dictionary<string, string> OpenIds { get; } = [];

    public void Save(List<BareFollower> followers)
    {
        lock (UnionIds)
        {
            foreach (var follower in followers)
            {
                UnionIds[follower.OpenId] = follower.UnionId;
                if (follower is { Subscribe: 1, UnionId: { } unionId })
                {
                    OpenIds[unionId] = follower.OpenId;
                }
            }
        }
    }
}
