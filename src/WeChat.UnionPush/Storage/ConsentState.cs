namespace WeChat.UnionPush.Storage;

/// <summary>
/// What an <see cref="IConsentLedger"/> keeps of one consent. Events and the host tell of the same taps, and sends and events of the same messages, so of
/// each pair the larger count is believed.
/// </summary>
public sealed record ConsentState
{
    private const int EventsKept = 8;

    /// <summary>What is kept where nothing is known.</summary>
    public static ConsentState None { get; } = new();

    /// <summary>Taps of "allow" that events told of.</summary>
    public long Tapped { get; init; }

    /// <summary>Taps of "allow" that the host told of.</summary>
    public long Reported { get; init; }

    /// <summary>Messages that were sent from here, or are on their way.</summary>
    public long Taken { get; init; }

    /// <summary>Messages that events told of.</summary>
    public long Delivered { get; init; }

    /// <summary>Credits that ended without a message, because the person turned the messages off or the platform said that none is left.</summary>
    public long Lost { get; init; }

    /// <summary>When the credits ended the last time, or <see langword="null"/>.</summary>
    public DateTimeOffset? EmptiedAt { get; init; }

    /// <summary>When the person tapped "allow" the last time, or <see langword="null"/>.</summary>
    public DateTimeOffset? TappedAt { get; init; }

    /// <summary>What the person chose to keep.</summary>
    public ConsentHabit Habit { get; init; }

    /// <summary>The last events that were counted, separated by blanks.</summary>
    public string Events { get; init; } = "";

    /// <summary>How many messages the person has still allowed, as far as is known.</summary>
    public long Credits => Math.Max(0, Balance);

    private long Balance => Math.Max(Tapped, Reported) - Math.Max(Taken, Delivered) - Lost;

    /// <summary>Applies a change.</summary>
    /// <param name="change">What happened.</param>
    /// <returns>What is kept from then on: this same object where the change says nothing new, or takes a credit that is not there.</returns>
    public ConsentState Apply(ConsentChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.EventId is { } eventId && Events.Split(' ').Contains(eventId, StringComparer.Ordinal))
        {
            return this;
        }

        var at = Millisecond.Cut(change.At);
        var next = change.Kind switch
        {
            ConsentChangeKind.Tapped => Settled(this with { Tapped = Tapped + 1, TappedAt = Later(TappedAt, at) }, at),
            ConsentChangeKind.Reported => Settled(this with { Reported = Reported + 1, TappedAt = Later(TappedAt, at) }, at),
            ConsentChangeKind.Taken => Balance > 0 ? this with { Taken = Taken + 1 } : this,
            ConsentChangeKind.GivenBack => Taken > 0 ? Settled(this with { Taken = Taken - 1 }, at) : this,
            ConsentChangeKind.Delivered => Settled(this with { Delivered = Delivered + 1 }, at),
            ConsentChangeKind.Emptied => Empty(at),
            ConsentChangeKind.AlwaysRefuses => Empty(at) with { Habit = ConsentHabit.AlwaysRefuses },
            ConsentChangeKind.AlwaysAccepts => this with { Habit = ConsentHabit.AlwaysAccepts },
            ConsentChangeKind.Asked => this with { Habit = ConsentHabit.Asked },
            _ => throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "There is no such kind of change."),
        };
        return next == this || change.EventId is null ? Same(next) : next with { Events = Remember(change.EventId) };
    }

    private static DateTimeOffset Later(DateTimeOffset? known, DateTimeOffset at) => known > at ? known.Value : at;

    // Events carry whole seconds, so that one of the second in which the credits ended may have come after.
    private bool IsStale(DateTimeOffset at) => EmptiedAt is { } emptied && at.ToUnixTimeSeconds() < emptied.ToUnixTimeSeconds();

    /// <summary>What happened before the credits ended is counted, and changes nothing of what is left.</summary>
    private ConsentState Settled(ConsentState next, DateTimeOffset at) => IsStale(at) ? next with { Lost = Lost + next.Balance - Balance } : next;

    private ConsentState Empty(DateTimeOffset at)
    {
        if (IsStale(at))
        {
            return this;
        }

        // A tap that came after it counts, and how many came after is not known.
        var left = TappedAt is { } tapped && tapped.ToUnixTimeSeconds() > at.ToUnixTimeSeconds() ? Math.Min(1, Credits) : 0;
        return this with { Lost = Lost + Balance - left, EmptiedAt = Later(EmptiedAt, at) };
    }

    private ConsentState Same(ConsentState next) => next == this ? this : next;

    private string Remember(string eventId)
    {
        var known = Events.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', [.. known[Math.Max(0, known.Length - EventsKept + 1)..], eventId]);
    }
}
