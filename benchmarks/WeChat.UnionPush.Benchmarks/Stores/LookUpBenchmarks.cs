using BenchmarkDotNet.Attributes;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The join among 100,000 people: from Mini Program openids to Official Account openids. For a comparison with hand-written code see <see cref="StoreTurns"/>.</summary>
[MemoryDiagnoser]
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
        }

        await _store.SettleAsync();
        for (var i = 0; i < BatchSize; i++)
        {
            _batch[i] = Samples.UserOpenId((long)i * (People / BatchSize));
        }
    }

    [GlobalCleanup]
    public async Task CleanUpAsync() => await _store.DisposeAsync();

    [Benchmark]
    public async Task<string> One()
    {
        var links = await _store.Identities.ResolveAsync(Samples.MiniProgramAppId, [_openId], Samples.OfficialAccountAppId);
        return links[0].Target!.OpenId;
    }

    [Benchmark]
    public async Task<int> Thousand() => Counted((await _store.Identities.ResolveAsync(Samples.MiniProgramAppId, _batch, Samples.OfficialAccountAppId)).Count);

    [Benchmark]
    public async Task<long> Coverage() => (await _store.Identities.GetCoverageAsync(Samples.MiniProgramAppId, Samples.OfficialAccountAppId)).Reachable;

    private static int Counted(int count) => count == BatchSize ? count : throw new InvalidOperationException("Somebody is missing.");
}
