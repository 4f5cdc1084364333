namespace WeChat.UnionPush.Tests;

/// <summary>A repository that goes through something before each save.</summary>
internal sealed class MoodyRepository(IUnionIdRepository inner, Func<Task> beforeSave) : IUnionIdRepository
{
    public async ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default)
    {
        await beforeSave();
        return await inner.SaveAsync(observations, cancellationToken);
    }

    public async ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default)
    {
        await beforeSave();
        return await inner.SaveAsync(observations, erasuresSeen, cancellationToken);
    }

    public ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default) => inner.CountErasuresAsync(cancellationToken);

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        inner.FindAsync(appId, openIds, cancellationToken);

    public ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default) =>
        inner.ResolveAsync(appId, openIds, targetAppId, cancellationToken);

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
        inner.FindByUnionIdAsync(appId, unionIds, cancellationToken);

    public ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default) =>
        inner.FindOutdatedAsync(appId, openIds, linkedBefore, unlinkedBefore, cancellationToken);

    public ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default) =>
        inner.CountFollowersAsync(appId, observedBefore, cancellationToken);

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default) =>
        inner.CloseWalkAsync(appId, walkStartedAt, cancellationToken);

    public IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, CancellationToken cancellationToken = default) =>
        inner.ListAsync(appId, afterOpenId, cancellationToken);

    public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default) =>
        inner.GetCoverageAsync(miniProgramAppId, officialAccountAppId, cancellationToken);

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        inner.EraseAsync(appId, openId, cancellationToken);

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        inner.EraseByUnionIdAsync(unionId, cancellationToken);

    public ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default) =>
        inner.ExpireErasuresAsync(erasedBefore, limit, cancellationToken);
}
