using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>
/// The same push, of a message that has something for a further channel and needs none, on a host without <c>AddReach</c> and on one with it, in short turns
/// and in one process. Prints a line of Markdown for each kind of message.
/// </summary>
internal static class ReachTurns
{
    private const int People = 1_000;
    private const int Pushes = 1_000;
    private const int WarmUp = 300;
    private const int Pairs = 1_500;

    public static async Task RunAsync()
    {
        using var listener = Metrics.Listen();
        await using var plain = await StartAsync(static _ => { });
        await using var reach = await StartAsync(static builder => builder.AddReach(static reach => reach.SubscribeMessage()).AddFollowLinks());
        IUnionPush[] hosts = [plain.GetRequiredService<IUnionPush>(), reach.GetRequiredService<IUnionPush>()];
        var one = Samples.ReachMessage();
        await CompareAsync("one message to everybody", hosts, () => one);
        await CompareAsync("a new message for each push", hosts, Samples.ReachMessage);
    }

    /// <summary>Each pair of turns begins with the other host than the one before it, and gives one ratio, so that what slows the machine slows both.</summary>
    private static async Task CompareAsync(string what, IUnionPush[] hosts, Func<TemplateMessage> message)
    {
        List<double>[] times = [[], []];
        List<double>[] bytes = [[], []];
        var ratios = new List<double>();
        for (var pair = 0; pair < WarmUp + Pairs; pair++)
        {
            var measured = new (double Time, double Bytes)[2];
            for (var turn = 0; turn < 2; turn++)
            {
                var who = (pair + turn) % 2;
                measured[who] = await TurnAsync(hosts[who], message);
            }

            if (pair >= WarmUp)
            {
                for (var who = 0; who < 2; who++)
                {
                    times[who].Add(measured[who].Time);
                    bytes[who].Add(measured[who].Bytes);
                }

                ratios.Add(measured[0].Time / measured[1].Time);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {Median(times[0]):N0} | {Median(times[1]):N0} | {Median(ratios):0.000} | {Median(bytes[0]):N0} | {Median(bytes[1]) - Median(bytes[0]):+0;-0;0} |"));
    }

    private static async Task<(double Time, double Bytes)> TurnAsync(IUnionPush push, Func<TemplateMessage> message)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Pushes; i++)
        {
            if (!(await push.PushAsync(Samples.UserOpenId(i % People), message())).IsSent)
            {
                throw new InvalidOperationException("A push was not sent.");
            }
        }

        var time = Stopwatch.GetElapsedTime(started).TotalNanoseconds / Pushes;
        return (time, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Pushes);
    }

    private static async Task<ServiceProvider> StartAsync(Action<WeChatUnionPushBuilder> choose)
    {
        var services = Hosts.Create(new StubPlatform(), choose);
        await Population.SaveAsync(services.GetRequiredService<IUnionIdRepository>(), People);
        return services;
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
