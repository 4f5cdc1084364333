using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The store in memory, and two dictionaries under a lock.</summary>
internal sealed class BenchmarkedMemory : BenchmarkedStore
{
    private readonly Dictionary<(string AppId, string OpenId), string?> _unionIds = [];
    private readonly Dictionary<(string AppId, string UnionId), (string OpenId, FollowState State)> _openIds = [];
    private ServiceProvider _services = Hosts.Create(new StubPlatform());

    public override IUnionIdRepository Identities => _services.GetRequiredService<IUnionIdRepository>();

    public override async Task ClearAsync()
    {
        await _services.DisposeAsync();
        _services = Hosts.Create(new StubPlatform());
        _unionIds.Clear();
        _unionIds.TrimExcess();
        _openIds.Clear();
        _openIds.TrimExcess();
    }

    public override Task SaveByHandAsync(WeChatIdentity[] batch)
    {
        lock (_unionIds)
        {
            foreach (var identity in batch)
            {
                _unionIds[(identity.AppId, identity.OpenId)] = identity.UnionId;
                if (identity.UnionId is { } unionId)
                {
                    _openIds[(identity.AppId, unionId)] = (identity.OpenId, identity.FollowState);
                }
            }
        }

        return Task.CompletedTask;
    }

    public override Task<Link?> ResolveByHandAsync(string appId, string openId, string targetAppId)
    {
        lock (_unionIds)
        {
            return Task.FromResult(Resolve(appId, openId, targetAppId));
        }
    }

    public override Task<List<Link>> ResolveByHandAsync(string appId, string[] openIds, string targetAppId)
    {
        var links = new List<Link>(openIds.Length);
        lock (_unionIds)
        {
            foreach (var openId in openIds)
            {
                if (Resolve(appId, openId, targetAppId) is { } link)
                {
                    links.Add(link);
                }
            }
        }

        return Task.FromResult(links);
    }

    public override ValueTask DisposeAsync() => _services.DisposeAsync();

    private Link? Resolve(string appId, string openId, string targetAppId)
    {
        if (!_unionIds.TryGetValue((appId, openId), out var unionId))
        {
            return null;
        }

        var (target, state) = unionId is null ? default : _openIds.GetValueOrDefault((targetAppId, unionId));
        return new Link(openId, unionId, target, state);
    }
}
