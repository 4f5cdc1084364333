using System.Diagnostics;

namespace WeChat.UnionPush.LoadTests;

/// <summary>Wall-clock time, processor time and allocation of this process since a start.</summary>
internal sealed class Measurement
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processor = Environment.CpuUsage.TotalTime;
    private readonly long _allocated = GC.GetTotalAllocatedBytes(precise: true);

    private Measurement()
    {
    }

    public static Measurement Start() => new();

    public Outcome End(int operations)
    {
        var elapsed = Stopwatch.GetElapsedTime(_started);
        var processor = Environment.CpuUsage.TotalTime - _processor;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - _allocated;
        using var process = Process.GetCurrentProcess();
        return new Outcome(elapsed.TotalSeconds, processor.TotalSeconds, (double)allocated / operations, process.PeakWorkingSet64 / 1e6, operations / elapsed.TotalSeconds);
    }

    public readonly record struct Outcome(double Seconds, double ProcessorSeconds, double BytesPerOperation, double PeakMegabytes, double PerSecond)
    {
        public override string ToString() => FormattableString.Invariant(
            $"seconds={Seconds:0.000} cpu_seconds={ProcessorSeconds:0.000} bytes_per_operation={BytesPerOperation:0} peak_mb={PeakMegabytes:0.0} per_second={PerSecond:0.###}");
    }
}
