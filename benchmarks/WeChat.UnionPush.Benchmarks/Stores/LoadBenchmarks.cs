using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>
/// What syncs do to a store with 100,000 followers: the first one loads it, the next finds that nobody is new and notes that all were seen. For
/// a comparison with hand-written code see <see cref="StoreTurns"/>.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, warmupCount: 2, iterationCount: 7, invocationCount: 1)]
public class LoadBenchmarks
{
    private const int People = 100_000;
    private const int PageSize = 10_000;
    private const int BatchSize = 2_000;

    private readonly WeChatIdentity[][] _batches = [.. Population.Followers(People).Chunk(BatchSize)];
    private readonly string[][] _pages = [.. Samples.FollowerOpenIds(People).Chunk(PageSize)];
    private DateTimeOffset _now = TimeProvider.System.GetUtcNow();
    private BenchmarkedStore _store = null!;

    [ParamsSource(nameof(Stores))]
    public string Store { get; set; } = "";

    public static IEnumerable<string> Stores => BenchmarkedStore.Names;

    [GlobalSetup]
    public async Task SetUpAsync() => _store = await BenchmarkedStore.OpenAsync(Store);

    [GlobalCleanup]
    public async Task CleanUpAsync() => await _store.DisposeAsync();

    [IterationSetup(Target = nameof(Load))]
    public void Empty() => _store.ClearAsync().GetAwaiter().GetResult();

    [IterationSetup(Target = nameof(SecondSync))]
    public void Fill()
    {
        Empty();
        Load().GetAwaiter().GetResult();
        _now += TimeSpan.FromHours(1);
    }

    [Benchmark(Baseline = true)]
    public async Task Load()
    {
        foreach (var batch in _batches)
        {
            await _store.Identities.SaveAsync(batch);
        }
    }

    [Benchmark]
    public async Task SecondSync()
    {
        foreach (var page in _pages)
        {
            var outdated = await _store.Identities.FindOutdatedAsync(Samples.OfficialAccountAppId, page, _now.AddDays(-180), _now.AddDays(-7));
            if (outdated.Count > 0)
            {
                throw new InvalidOperationException("Somebody is not known.");
            }

            foreach (var batch in page.Chunk(BatchSize))
            {
                await _store.Identities.SaveAsync(Array.ConvertAll(
                    batch,
                    openId => new WeChatIdentity(Samples.OfficialAccountAppId, openId) { FollowState = FollowState.Following, ObservedAt = _now }));
            }
        }
    }
}
