using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The join: from Mini Program openids to Official Account openids.</summary>
[MemoryDiagnoser]
public class LookUpBenchmarks
{
    private const int People = 100_000;
    private const int BatchSize = 1_000;

    private readonly string[] _batch = new string[BatchSize];
    private readonly string[] _one = [Samples.UserOpenId(People / 2)];
    private ServiceProvider _services = null!;
    private IUnionIdRepository _repository = null!;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _services = Hosts.Create(new StubPlatform());
        _repository = _services.GetRequiredService<IUnionIdRepository>();
        await Population.SaveAsync(_repository, People);
        for (var i = 0; i < BatchSize; i++)
        {
            _batch[i] = Samples.UserOpenId((long)i * (People / BatchSize));
        }
    }

    [GlobalCleanup]
    public void CleanUp() => _services.Dispose();

    [Benchmark]
    public async Task<string> Single()
    {
        var links = await _repository.ResolveAsync(Samples.MiniProgramAppId, _one, Samples.OfficialAccountAppId);
        return links[0].Target!.OpenId;
    }

    [Benchmark]
    public async Task<int> BatchOfAThousand()
    {
        var links = await _repository.ResolveAsync(Samples.MiniProgramAppId, _batch, Samples.OfficialAccountAppId);
        return links.Count == BatchSize ? links.Count : throw new InvalidOperationException("Somebody is missing.");
    }
}
