namespace WeChat.UnionPush;

/// <summary>
/// The platform's host names in order of preference. After a failure, calls use the next name for a while; then the first is tried again.
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

    /// <summary>Moves to the next host, only once, however many calls failed on this one.</summary>
    public void Failed(int index)
    {
        if (addresses.Length > 1 && Volatile.Read(ref _current) == index)
        {
            // Set the time first: a caller that sees the next host must not see an older time and return to the first host at once.
            Interlocked.Exchange(ref _failedAt, time.GetTimestamp());
            Interlocked.CompareExchange(ref _current, (index + 1) % addresses.Length, index);
        }
    }
}
