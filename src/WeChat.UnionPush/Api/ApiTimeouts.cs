using System.Collections.Concurrent;

namespace WeChat.UnionPush;

/// <summary>
/// Time limits of attempts. A source whose time did not run out is used again, for most never fire and each costs more than the rest of what the library
/// adds to a call; but only on the machine's own clock, for a source keeps the clock it was made with.
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

    /// <summary>Takes a source back when nobody uses it any more. What somebody has left registered on its token is dropped.</summary>
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
