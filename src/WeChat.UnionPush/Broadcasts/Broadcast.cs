namespace WeChat.UnionPush.Broadcasts;

/// <summary>A message, or one for each person, to many people, under a name.</summary>
/// <example>
/// <code>
/// await broadcasts.StartAsync(new Broadcast("spring-2026", BroadcastAudience.AllUsers(), message) { QuotaReserve = 5_000 });
/// </code>
/// </example>
public sealed class Broadcast
{
    /// <summary>Makes a broadcast.</summary>
    /// <param name="name">The host's name for it, at most 100 characters, unique within the Official Account: what is started under it again goes on.</param>
    /// <param name="audience">Who receives.</param>
    /// <param name="message">What everybody receives for whom the audience gives no message of their own. Its idempotency key counts nothing here: each
    /// recipient has one of the run's own.</param>
    /// <exception cref="ArgumentException">The name is blank or too long.</exception>
    public Broadcast(string name, BroadcastAudience audience, TemplateMessage? message = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, 100, nameof(name));
        ArgumentNullException.ThrowIfNull(audience);
        (Name, Audience, Message) = (name, audience, message);
    }

    /// <summary>The host's name for it.</summary>
    public string Name { get; }

    /// <summary>Who receives.</summary>
    public BroadcastAudience Audience { get; }

    /// <summary>What everybody receives who has no message of their own.</summary>
    public TemplateMessage? Message { get; }

    /// <summary>
    /// How many of the day's calls are left to pushes to single persons: the broadcast waits for 00:00 China time when no more than these are left. 1,000 by
    /// default.
    /// </summary>
    public long QuotaReserve { get; init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A reserve is 0 or more."); } = 1_000;

    /// <summary>When nothing is sent, by China time; <see langword="null"/>, the default, for no such hours.</summary>
    public QuietHours? QuietHours { get; init; }

    /// <summary>How many broadcasts one person gets in a period; who had as many is <see cref="PushStatus.TooFrequent"/>. <see langword="null"/>, the default, for any
    /// number.</summary>
    public BroadcastCap? Cap { get; init; }

    /// <summary>
    /// The share of failures among the last 200 sends of a process at which the broadcast stops: refusals, unknown outcomes and everything but accepted
    /// messages. 0.5 by default; 1 never stops it.
    /// </summary>
    public double StopAtFailureShare
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A share is more than 0 and at most 1.");
    } = 0.5;
}
