using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>One message through everything the library does, and through a bare <see cref="HttpClient"/>, over the same stub.</summary>
[MemoryDiagnoser]
public class PushBenchmarks
{
    private readonly string _userOpenId = Samples.UserOpenId(42);
    private readonly string _followerOpenId = Samples.FollowerOpenId(42);
    private readonly TemplateMessage _message = Samples.Message();
    private readonly TemplateMessage _reachMessage = Samples.ReachMessage();
    private readonly BareMessage _bareMessage = Samples.BareMessage();
    private readonly MeterListener _listener = Metrics.Listen();
    private ServiceProvider _services = null!;
    private ServiceProvider _reachServices = null!;
    private IUnionPush _push = null!;
    private IUnionPush _reach = null!;
    private ITemplateMessageSender _sender = null!;
    private BareClient _bare = null!;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _services = Hosts.Create(new StubPlatform());
        _push = _services.GetRequiredService<IUnionPush>();
        _sender = _services.GetRequiredService<ITemplateMessageSender>();
        await Population.SaveAsync(_services.GetRequiredService<IUnionIdRepository>(), 1_000);
        _reachServices = Hosts.Create(new StubPlatform(), static builder => builder.AddReach(static reach => reach.SubscribeMessage()).AddFollowLinks());
        _reach = _reachServices.GetRequiredService<IUnionPush>();
        await Population.SaveAsync(_reachServices.GetRequiredService<IUnionIdRepository>(), 1_000);
        _bare = new BareClient(new HttpClient(new StubPlatform()), new Uri("https://api.weixin.qq.com"), Samples.Token);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _services.Dispose();
        _reachServices.Dispose();
        _listener.Dispose();
    }

    [Benchmark(Baseline = true)]
    public async Task<long> SendByHand() => (await _bare.SendAsync(_followerOpenId, _bareMessage)).MessageId;

    [Benchmark]
    public async Task<long> Send() => (await _sender.SendAsync(_followerOpenId, _message)).MessageId!.Value;

    [Benchmark]
    public async Task<long> Push() => (await _push.PushAsync(_userOpenId, _message)).MessageId!.Value;

    /// <summary>The same with further channels, for a message that has something for one of them and needs none.</summary>
    [Benchmark]
    public async Task<long> PushWithReach() => (await _reach.PushAsync(_userOpenId, _reachMessage)).MessageId!.Value;
}
