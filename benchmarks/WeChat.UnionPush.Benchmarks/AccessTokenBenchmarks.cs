using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>A token cache hit, compared with the clock reading that every cache with expiry needs.</summary>
[MemoryDiagnoser]
public class AccessTokenBenchmarks
{
    private readonly TimeProvider _time = TimeProvider.System;
    private ServiceProvider _services = null!;
    private IAccessTokenProvider _tokens = null!;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _services = Hosts.Create(new StubPlatform());
        _tokens = _services.GetRequiredService<IAccessTokenProvider>();
        await _tokens.GetAsync(Samples.OfficialAccountAppId);
    }

    [GlobalCleanup]
    public void CleanUp() => _services.Dispose();

    [Benchmark(Baseline = true)]
    public DateTimeOffset ReadTheClock() => _time.GetUtcNow();

    [Benchmark]
    public AccessToken TokenHit()
    {
        var hit = _tokens.GetAsync(Samples.OfficialAccountAppId);
        return hit.IsCompletedSuccessfully ? hit.Result : throw new InvalidOperationException("Not a hit.");
    }
}
