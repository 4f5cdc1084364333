namespace WeChat.UnionPush;

/// <summary>
/// The platform's host names in the order of preference. A failure moves calls on to the next name for a while; after that the first is tried again.
/// </summary>
internal sealed class ApiHosts(Uri[] addresses, TimeProvider time)
{
    private static readonly TimeSpan Detour = TimeSpan.FromMinutes(1);

    private int _current;
    private long _failedAt;

    public Uri this[int index] => addresses[index];

    public int Current
    {
        get
        {
            var current = Volatile.Read(ref _current);
            if (current == 0 || time.GetElapsedTime(Interlocked.Read(ref _failedAt)) < Detour)
            {
                return current;
            }

            Interlocked.CompareExchange(ref _current, 0, current);
            return 0;
        }
    }

    /// <summary>Moves on from a host, once however many calls failed on it.</summary>
    public void Failed(int index)
    {
        if (addresses.Length > 1 && Volatile.Read(ref _current) == index)
        {
            // The moment first: whoever sees the next host must not find an older one, and return at once.
            Interlocked.Exchange(ref _failedAt, time.GetTimestamp());
            Interlocked.CompareExchange(ref _current, (index + 1) % addresses.Length, index);
        }
    }
}
