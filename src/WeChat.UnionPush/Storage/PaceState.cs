namespace WeChat.UnionPush.Storage;

/// <summary>What an <see cref="ISharedPace"/> keeps of an account.</summary>
/// <param name="NextAt">When the next slot is, in microseconds since 1970.</param>
/// <param name="Day">The day, in China time, that <paramref name="Used"/> counts.</param>
/// <param name="Used">Calls of that day.</param>
public sealed record PaceState(long NextAt, DateOnly Day, long Used)
{
    private const long Second = 1_000_000;

    /// <summary>What is kept of an account of which nothing is known.</summary>
    public static PaceState None { get; } = new(0, DateOnly.MinValue, 0);

    /// <summary>Applies a request. A pause earns at most one second's worth of slots.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The time.</param>
    /// <returns>What is kept from then on, and what the request gets.</returns>
    public (PaceState State, PaceGrant Grant) Apply(PaceRequest request, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        var today = ChinaTime.DayOf(now);
        var day = today > Day ? today : Day;
        var used = day > Day ? 0 : Used;
        if (request.PlatformUsed is { } counted)
        {
            used = request.IsReset ? counted : Math.Max(used, counted);
        }

        used += request.Made;
        var next = Math.Max(NextAt, ((now.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond) - Second) + Span(request.Made);
        var count = request.DailyLimit is { } limit ? (int)Math.Clamp(limit - used, 0, request.Count) : request.Count;
        var grant = new PaceGrant(
            count, DateTimeOffset.UnixEpoch.AddTicks(next * TimeSpan.TicksPerMicrosecond), TimeSpan.FromTicks(Span(1) * TimeSpan.TicksPerMicrosecond), used + count);
        return (new PaceState(next + Span(count), day, used + count), grant);

        long Span(int slots) => request.PerSecond > 0 ? slots * Second / request.PerSecond : 0;
    }
}
