namespace WeChat.UnionPush;

/// <summary>One time limit for the stop of all registrations: of a thousand routes that wait one after the other, the last waits no longer than the first.</summary>
internal sealed class StopDeadline(TimeProvider time)
{
    private readonly object _gate = new();
    private long? _began;

    /// <summary>What is left of a limit that began with the first call.</summary>
    public TimeSpan Left(TimeSpan limit)
    {
        lock (_gate)
        {
            var left = limit - time.GetElapsedTime(_began ??= time.GetTimestamp());
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
