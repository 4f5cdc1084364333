using Microsoft.Extensions.Hosting;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

public sealed class DisposedHostTests
{
    [Fact]
    public async Task A_container_that_is_disposed_before_its_host_was_stopped_leaves_nothing_running()
    {
        var time = new ManualTimeProvider();
        var looks = 0;
        var inbox = Substitute.For<IWeChatEventInbox>();
        inbox.TakeAsync(default!, default, default, default).ReturnsForAnyArgs(_ =>
        {
            Interlocked.Increment(ref looks);
            return new ValueTask<IReadOnlyList<TakenWeChatEvent>>([]);
        });
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(time);
        services.AddWeChatUnionPush(Town.SetCredentials).UseEventInbox(_ => inbox).AddReceipts().AddCallback(options =>
        {
            options.OfficialAccount.Token = PlatformPush.Token;
            options.OfficialAccount.EncodingAesKey = PlatformPush.Key;
        });
        var host = services.BuildServiceProvider();
        var background = host.GetServices<IHostedService>().ToList();
        foreach (var service in background)
        {
            await service.StartAsync(CancellationToken.None);
        }

        // All workers wait for the next poll.
        while (Volatile.Read(ref looks) < 10)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await host.DisposeAsync();

        // A poll that is left over would throw where nobody catches it, and end the process.
        time.Advance(TimeSpan.FromMinutes(1));
        var working = background.OfType<BackgroundService>().Select(service => service.ExecuteTask!).ToList();
        Assert.NotEmpty(working);
        await Task.WhenAll(working).WaitAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.All(working, task => Assert.True(task.IsCompleted));
    }
}
