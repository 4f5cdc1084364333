using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The join among 100,000 people: from Mini Program openids to Official Account openids.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByParams, BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class LookUpBenchmarks
{
    private const int People = 100_000;
    private const int BatchSize = 1_000;

    private readonly string[] _batch = new string[BatchSize];
    private readonly string _openId = Samples.UserOpenId(People / 2);
    private BenchmarkedStore _store = null!;

    [ParamsSource(nameof(Stores))]
    public string Store { get; set; } = "";

    public static IEnumerable<string> Stores => BenchmarkedStore.Names;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _store = await BenchmarkedStore.OpenAsync(Store);
        foreach (var batch in Population.Batches(People))
        {
            await _store.Identities.SaveAsync(batch);
            if (Store == "Memory")
            {
                await _store.SaveByHandAsync(batch);
            }
        }

        await _store.SettleAsync();
        for (var i = 0; i < BatchSize; i++)
        {
            _batch[i] = Samples.UserOpenId((long)i * (People / BatchSize));
        }
    }

    [GlobalCleanup]
    public async Task CleanUpAsync() => await _store.DisposeAsync();

    [BenchmarkCategory("One"), Benchmark(Baseline = true)]
    public async Task<string> OneByHand() =>
        (await _store.ResolveByHandAsync(Samples.MiniProgramAppId, _openId, Samples.OfficialAccountAppId))?.Target ?? throw new InvalidOperationException("Nobody.");

    [BenchmarkCategory("One"), Benchmark]
    public async Task<string> One()
    {
        var links = await _store.Identities.ResolveAsync(Samples.MiniProgramAppId, [_openId], Samples.OfficialAccountAppId);
        return links[0].Target!.OpenId;
    }

    [BenchmarkCategory("A thousand"), Benchmark(Baseline = true)]
    public async Task<int> ThousandByHand() => Counted((await _store.ResolveByHandAsync(Samples.MiniProgramAppId, _batch, Samples.OfficialAccountAppId)).Count);

    [BenchmarkCategory("A thousand"), Benchmark]
    public async Task<int> Thousand() => Counted((await _store.Identities.ResolveAsync(Samples.MiniProgramAppId, _batch, Samples.OfficialAccountAppId)).Count);

    [BenchmarkCategory("Coverage"), Benchmark]
    public async Task<long> Coverage() => (await _store.Identities.GetCoverageAsync(Samples.MiniProgramAppId, Samples.OfficialAccountAppId)).Reachable;

    private static int Counted(int count) => count == BatchSize ? count : throw new InvalidOperationException("Somebody is missing.");
}
