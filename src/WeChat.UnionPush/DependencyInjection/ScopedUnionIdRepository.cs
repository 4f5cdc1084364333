using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush;

/// <summary>A repository that the host registered as scoped, such as one over an EF context: each call gets one of its own, in a scope of its own.</summary>
internal sealed class ScopedUnionIdRepository(IServiceScopeFactory scopes, object? key) : IUnionIdRepository
{
    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.SaveAsync(observations, cancellationToken));

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.SaveAsync(observations, erasuresSeen, cancellationToken));

    public ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default) => InScopeAsync(repository => repository.CountErasuresAsync(cancellationToken));

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.FindAsync(appId, openIds, cancellationToken));

    public ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.ResolveAsync(appId, openIds, targetAppId, cancellationToken));

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.FindByUnionIdAsync(appId, unionIds, cancellationToken));

    public ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.FindOutdatedAsync(appId, openIds, linkedBefore, unlinkedBefore, cancellationToken));

    public ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.CountFollowersAsync(appId, observedBefore, cancellationToken));

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.CloseWalkAsync(appId, walkStartedAt, cancellationToken));

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            await foreach (var identity in scope.ServiceProvider.Get<IUnionIdRepository>(key).ListAsync(appId, afterOpenId, cancellationToken).ConfigureAwait(false))
            {
                yield return identity;
            }
        }
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.GetCoverageAsync(miniProgramAppId, officialAccountAppId, cancellationToken));

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.EraseAsync(appId, openId, cancellationToken));

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.EraseByUnionIdAsync(unionId, cancellationToken));

    public ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default) =>
        InScopeAsync(repository => repository.ExpireErasuresAsync(erasedBefore, limit, cancellationToken));

    private async ValueTask<T> InScopeAsync<T>(Func<IUnionIdRepository, ValueTask<T>> call)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            return await call(scope.ServiceProvider.Get<IUnionIdRepository>(key)).ConfigureAwait(false);
        }
    }
}
