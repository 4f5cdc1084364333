using System.Text.Json;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>Reading what the platform answers: a send, details of a hundred followers, a page of ten thousand openids.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class AnswerBenchmarks
{
    private readonly byte[] _sent = [.. "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":3141592653589793238}"u8];
    private readonly byte[] _batch = Answers.Batch(0, 100);
    private readonly byte[] _page = Answers.Page(0, 10_000, 1_000_000);

    [BenchmarkCategory("Send"), Benchmark(Baseline = true)]
    public long SendByHand() => JsonSerializer.Deserialize(_sent, BareJson.Default.BareSendAnswer)!.MessageId;

    [BenchmarkCategory("Send"), Benchmark]
    public long Send() => ((MessageAnswer)TemplateEndpoints.TemplateSend.Read(_sent)!).MessageId!.Value;

    [BenchmarkCategory("Batch of 100"), Benchmark(Baseline = true)]
    public int BatchByHand() => JsonSerializer.Deserialize(_batch, BareJson.Default.BareBatch)!.Followers.Count;

    [BenchmarkCategory("Batch of 100"), Benchmark]
    public int Batch() => ((FollowerBatchAnswer)FollowerEndpoints.UserInfoBatch.Read(_batch)!).Followers!.Count;

    [BenchmarkCategory("Page of 10,000"), Benchmark(Baseline = true)]
    public int PageByHand() => JsonSerializer.Deserialize(_page, BareJson.Default.BarePage)!.Data!.OpenIds.Count;

    [BenchmarkCategory("Page of 10,000"), Benchmark]
    public int Page() => ((FollowerPageAnswer)FollowerEndpoints.UserGet.Read(_page)!).Data!.OpenIds!.Count;
}
