namespace WeChat.UnionPush.Bare;

/// <summary>People who follow the account and use the Mini Program, saved in a repository.</summary>
internal static class Population
{
    public static async Task SaveAsync(IUnionIdRepository repository, int count)
    {
        const int Batch = 2_000;
        var now = TimeProvider.System.GetUtcNow();
        for (var first = 0; first < count; first += Batch)
        {
            var people = Enumerable.Range(first, Math.Min(Batch, count - first));
            await repository.SaveAsync([.. people.SelectMany(i => new[]
            {
                new WeChatIdentity(Samples.MiniProgramAppId, Samples.UserOpenId(i)) { UnionId = Samples.UnionId(i), ObservedAt = now, DetailsAt = now },
                new WeChatIdentity(Samples.OfficialAccountAppId, Samples.FollowerOpenId(i)) { UnionId = Samples.UnionId(i), FollowState = FollowState.Following, ObservedAt = now, DetailsAt = now },
            })]);
        }
    }
}
