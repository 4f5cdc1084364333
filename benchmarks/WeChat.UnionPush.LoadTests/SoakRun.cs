using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.LoadTests;

/// <summary>
/// Pushes for a long time at a steady rate, over TCP with the handler that the library brings, to a platform that has faults. What the process holds must not
/// grow: memory within five per cent, handles and threads within a few, of what they were after its youth.
/// </summary>
internal sealed class SoakRun(int minutes, int rate, Store store, Uri address)
{
    private const int People = 10_000;

    // A process is young until its code has reached the last tier and its pools their size.
    private readonly int _youth = Math.Max(1, Math.Min(10, minutes / 4));
    private readonly ConcurrentDictionary<string, int> _ends = new(StringComparer.Ordinal);
    private int _offered;
    private int _underWay;

    /// <returns>Whether it stayed as it was.</returns>
    public async Task<bool> RunAsync()
    {
        using var listening = Listeners.Start(Telemetry.OpenTelemetry);
        await using var database = await TemporaryDatabase.CreateAsync(store);
        var services = new ServiceCollection();
        services.AddLogging();
        var builder = services.AddWeChatUnionPush(options =>
        {
            Samples.Configure(options);
            options.ApiBaseAddress = address;
            options.Http.AttemptTimeout = TimeSpan.FromSeconds(2);
        });
        database.ChooseFor(builder, store);
        await using var host = services.BuildServiceProvider();
        await Population.SaveAsync(host.GetRequiredService<IUnionIdRepository>(), People);
        var push = host.GetRequiredService<IUnionPush>();

        var samples = new List<Sample>();
        for (var minute = 1; minute <= minutes; minute++)
        {
            await OfferAsync(push, TimeSpan.FromMinutes(1));
            var sample = Sample.Take();
            samples.Add(sample);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"minute={minute} offered={_offered} under_way={Volatile.Read(ref _underWay)} {sample} {Ends()}"));
        }

        var grown = samples.Skip(_youth).ToList();
        var part = Math.Max(1, grown.Count / 3);
        var (before, after) = (Median(grown.Take(part)), Median(grown.TakeLast(part)));
        var isFlat = after.Managed <= before.Managed * 1.05 && after.Resident <= before.Resident * 1.05 && after.Handles <= before.Handles + 10
            && after.Threads <= before.Threads + 3;
        Console.WriteLine($"verb=soak minutes={minutes} rate={rate} store={store} before: {before}; after: {after}; {(isFlat ? "flat" : "GROWN")}");
        return isFlat;
    }

    private async Task OfferAsync(IUnionPush push, TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var offered = 0;
        while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed < duration)
        {
            // By the clock, so that a pause of the machine is made up for.
            for (var due = (int)(elapsed.TotalSeconds * rate); offered < due; offered++)
            {
                _ = PushAsync(push, Samples.UserOpenId(_offered++ % People));
            }

            await Task.Delay(5);
        }
    }

    private async Task PushAsync(IUnionPush push, string openId)
    {
        Interlocked.Increment(ref _underWay);
        string end;
        try
        {
            end = (await push.PushAsync(openId, Samples.Message())).Status.ToString();
        }
        catch (WeChatApiException exception)
        {
            end = exception.ErrorClass.ToString();
        }

        Interlocked.Decrement(ref _underWay);
        _ends.AddOrUpdate(end, 1, static (_, count) => count + 1);
    }

    private string Ends() => string.Join(' ', _ends.OrderBy(static end => end.Key, StringComparer.Ordinal).Select(static end => $"{end.Key.ToLowerInvariant()}={end.Value}"));

    private static Sample Median(IEnumerable<Sample> samples)
    {
        var all = samples.ToList();
        return new(Of(static sample => sample.Managed), Of(static sample => sample.Resident), (int)Of(static sample => sample.Handles), (int)Of(static sample => sample.Threads));

        double Of(Func<Sample, double> value) => all.Select(value).Order().ElementAt(all.Count / 2);
    }

    /// <summary>What a process holds.</summary>
    /// <param name="Managed">Megabytes that are alive on the managed heap.</param>
    /// <param name="Resident">Megabytes of memory in all.</param>
    /// <param name="Handles">Files, sockets and the like that are open.</param>
    /// <param name="Threads">Threads.</param>
    private sealed record Sample(double Managed, double Resident, int Handles, int Threads)
    {
        public static Sample Take()
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            using var process = Process.GetCurrentProcess();
            return new(GC.GetTotalMemory(forceFullCollection: true) / 1e6, process.WorkingSet64 / 1e6, Directory.GetFiles("/proc/self/fd").Length, process.Threads.Count);
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"managed_mb={Managed:0.0} resident_mb={Resident:0.0} handles={Handles} threads={Threads}");
    }
}
