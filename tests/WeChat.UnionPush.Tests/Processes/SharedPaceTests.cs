using System.Globalization;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>Eight processes that send as fast as they may keep one pace together. A minute of it where <c>UNIONPUSH_FULL</c> is set, otherwise seconds.</summary>
public sealed class SharedPaceTests(RedisServer redis)
{
    private const int Processes = 8;
    private const int PerSecond = 60;

    [Fact]
    public async Task Eight_processes_on_one_Redis_keep_one_pace()
    {
        var messages = PerSecond * (Runs.IsFull ? 60 : 6) / Processes;
        var (platform, control) = await HostProcess.StartPlatformAsync(100);
        await using var _ = platform;
        using var __ = control;
        var storage = $"redis:{await redis.CreateDatabaseAsync()},{RedisServer.Patient}";
        var hosts = Enumerable.Range(0, Processes).Select(_ => HostProcess.StartPace(control, storage, PerSecond, messages)).ToList();
        try
        {
            foreach (var host in hosts)
            {
                await host.WriteLineAsync($"pace/{Processes}");
            }

            var times = new List<DateTimeOffset>();
            foreach (var host in hosts)
            {
                times.AddRange((await host.ReadLineAsync()).Split(' ').Select(time => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture)));
            }

            // A pause earns one second's worth, and each process may hold a tenth of a second's worth. How much longer it takes is the machine's affair.
            var seconds = (times.Max() - times.Min()).TotalSeconds;
            var due = messages * Processes / (double)PerSecond;
            Assert.True(seconds >= due - 1 - (Processes / 10.0), $"{messages * Processes} messages took {seconds:0.0} s");
            Assert.True(!Runs.IsFull || Math.Abs(seconds - due) <= due * 0.05, $"{messages * Processes} messages took {seconds:0.0} s");
            TestContext.Current.TestOutputHelper?.WriteLine($"{messages * Processes} messages took {seconds:0.00} s");
        }
        finally
        {
            foreach (var host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }
}
