using System.Collections.Concurrent;

namespace WeChat.UnionPush;

/// <summary>
/// Time limits of attempts. A source that did not fire is reused: most never fire, and a new one costs more than everything else the library
/// adds to a call. This is done only with the system clock, because a source keeps the clock it was created with.
/// </summary>
internal sealed class ApiTimeouts(TimeProvider time)
{
    private const int Kept = 64;

    private readonly bool _reuses = ReferenceEquals(time, TimeProvider.System);
    private readonly ConcurrentQueue<CancellationTokenSource> _spare = new();

    public CancellationTokenSource Start(TimeSpan limit)
    {
        if (!_spare.TryDequeue(out var source))
        {
            return new CancellationTokenSource(limit, time);
        }

#pragma warning disable RS0030 // Banned because it goes by the machine's clock: only sources that were made for that clock are in the queue.
        source.CancelAfter(limit);
#pragma warning restore RS0030
        return source;
    }

    /// <summary>Returns a source when nobody uses it any more. Registrations that are left on its token are dropped.</summary>
    public void End(CancellationTokenSource source)
    {
        if (_reuses && _spare.Count < Kept && source.TryReset())
        {
            _spare.Enqueue(source);
        }
        else
        {
            source.Dispose();
        }
    }
}
