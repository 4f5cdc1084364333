using System.Text.Json;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>Building a message of five fields, and writing it as the platform wants it.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class MessageBenchmarks
{
    private readonly TemplateMessage _message = Samples.Message();
    private readonly BareMessage _bareMessage = Samples.BareMessage() with { ToUser = Samples.FollowerOpenId(1), ClientMessageId = new string('c', 32) };
    private readonly string _openId = Samples.FollowerOpenId(1);
    private readonly string _clientMessageId = new('c', 32);
    private readonly PooledBuffer _buffer = new(4096);

    [BenchmarkCategory("Build"), Benchmark(Baseline = true)]
    public object BuildByHand() => Samples.BareMessage();

    [BenchmarkCategory("Build"), Benchmark]
    public TemplateMessage Build() => Samples.Message();

    [BenchmarkCategory("Write"), Benchmark(Baseline = true)]
    public byte[] SerializeByHand() => JsonSerializer.SerializeToUtf8Bytes(_bareMessage, BareJson.Unescaped.BareMessage);

    [BenchmarkCategory("Write"), Benchmark]
    public int WriteToPooledBuffer()
    {
        _message.WriteTo(_buffer, _openId, _clientMessageId);
        var written = _buffer.WrittenCount;
        _buffer.Clear();
        return written;
    }
}
