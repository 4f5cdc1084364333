using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The store in memory, and two dictionaries under a lock.</summary>
internal sealed class BenchmarkedMemory : BenchmarkedStore
{
    private readonly Dictionary<(string AppId, string OpenId), string?> _unionIds = [];
    private readonly Dictionary<(string AppId, string UnionId), string> _openIds = [];
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
                    _openIds[(identity.AppId, unionId)] = identity.OpenId;
                }
            }
        }

        return Task.CompletedTask;
    }

    public override Task<string?> ResolveByHandAsync(string appId, string openId, string targetAppId)
    {
        lock (_unionIds)
        {
            return Task.FromResult(Resolve(appId, openId, targetAppId));
        }
    }

    public override Task<List<(string OpenId, string? Target)>> ResolveByHandAsync(string appId, string[] openIds, string targetAppId)
    {
        var links = new List<(string, string?)>(openIds.Length);
        lock (_unionIds)
        {
            foreach (var openId in openIds)
            {
                links.Add((openId, Resolve(appId, openId, targetAppId)));
            }
        }

        return Task.FromResult(links);
    }

    public override ValueTask DisposeAsync() => _services.DisposeAsync();

    private string? Resolve(string appId, string openId, string targetAppId) =>
        _unionIds.GetValueOrDefault((appId, openId)) is { } unionId ? _openIds.GetValueOrDefault((targetAppId, unionId)) : null;
}
