namespace WeChat.UnionPush.Bare;

/// <summary>People who follow the account and use the Mini Program.</summary>
internal static class Population
{
    private const int BatchSize = 2_000;

    public static async Task SaveAsync(IUnionIdRepository repository, int count)
    {
        foreach (var batch in Batches(count))
        {
            await repository.SaveAsync(batch);
        }
    }

    public static IEnumerable<WeChatIdentity[]> Batches(int count) => Followers(count).Concat(Users(count)).Chunk(BatchSize);

    public static IEnumerable<WeChatIdentity> Followers(int count) => Identities(
        count, static i => new WeChatIdentity(Samples.OfficialAccountAppId, Samples.FollowerOpenId(i)) { FollowState = FollowState.Following });

    private static IEnumerable<WeChatIdentity> Users(int count) => Identities(
        count, static i => new WeChatIdentity(Samples.MiniProgramAppId, Samples.UserOpenId(i)));

    private static IEnumerable<WeChatIdentity> Identities(int count, Func<int, WeChatIdentity> make)
    {
        var now = TimeProvider.System.GetUtcNow();
        return Enumerable.Range(0, count).Select(i => make(i) with { UnionId = Samples.UnionId(i), ObservedAt = now, DetailsAt = now });
    }
}
