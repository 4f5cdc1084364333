using System.Globalization;

namespace WeChat.UnionPush.Storage;

/// <summary>
/// What an <see cref="IConsentLedger"/> keeps of one consent. Events and the host tell of the same taps, and sends and events of the same messages, so of
/// each pair the larger count is believed. All four count only what came after the credits ended the last time.
/// </summary>
public sealed record ConsentState
{
    // An end that an event tells late is put before the taps and messages that came after it, so their times are kept for a while.
    private const int MovesKept = 16;

    /// <summary>What is kept where nothing is known.</summary>
    public static ConsentState None { get; } = new();

    /// <summary>Taps of "allow" that events told of, since <see cref="EmptiedAt"/>.</summary>
    public long Tapped { get; init; }

    /// <summary>Taps of "allow" that the host told of, since <see cref="EmptiedAt"/>.</summary>
    public long Reported { get; init; }

    /// <summary>Messages that were sent from here, or are on their way, since <see cref="EmptiedAt"/>.</summary>
    public long Taken { get; init; }

    /// <summary>Messages that events told of, since <see cref="EmptiedAt"/>.</summary>
    public long Delivered { get; init; }

    /// <summary>Credits that ended without a message, because the person turned the messages off or the platform said that none is left.</summary>
    public long Lost { get; init; }

    /// <summary>When the credits ended the last time, or <see langword="null"/>.</summary>
    public DateTimeOffset? EmptiedAt { get; init; }

    /// <summary>When the person tapped "allow" the last time, or <see langword="null"/>.</summary>
    public DateTimeOffset? TappedAt { get; init; }

    /// <summary>What the person chose to keep.</summary>
    public ConsentHabit Habit { get; init; }

    /// <summary>
    /// The last things that were counted, separated by blanks and in the library's own writing: for each what it was, when, and the id of its event where it
    /// has one. Less than 1,500 characters.
    /// </summary>
    public string Events { get; init; } = "";

    /// <summary>How many messages the person has still allowed, as far as is known.</summary>
    public long Credits => Math.Max(0, Balance);

    private long Balance => Math.Max(Tapped, Reported) - Math.Max(Taken, Delivered);

    /// <summary>Applies a change.</summary>
    /// <param name="change">What happened.</param>
    /// <returns>What is kept from then on: this same object where the change says nothing new, or takes a credit that is not there.</returns>
    public ConsentState Apply(ConsentChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var at = Millisecond.Cut(change.At);
        if (change.EventId is { } eventId && Moves.Any(move => EventOf(move).SequenceEqual(eventId)))
        {
            return this;
        }

        return change.Kind switch
        {
            ConsentChangeKind.AlwaysAccepts => With(ConsentHabit.AlwaysAccepts),
            ConsentChangeKind.Asked => With(ConsentHabit.Asked),
            ConsentChangeKind.AlwaysRefuses => Empty(at, change.EventId).With(ConsentHabit.AlwaysRefuses),

            // What happened before the credits ended changes nothing of what is left.
            _ when IsStale(at) => this,
            ConsentChangeKind.Tapped => Counted('t', at, change.EventId) with { Tapped = Tapped + 1, TappedAt = Later(TappedAt, at) },
            ConsentChangeKind.Reported => Counted('r', at, change.EventId) with { Reported = Reported + 1, TappedAt = Later(TappedAt, at) },
            ConsentChangeKind.Taken => Balance > 0 ? Counted('k', at, change.EventId) with { Taken = Taken + 1 } : this,
            ConsentChangeKind.GivenBack => Taken > 0 ? Uncounted('k', at) with { Taken = Taken - 1 } : this,
            ConsentChangeKind.Delivered => Counted('d', at, change.EventId) with { Delivered = Delivered + 1 },
            ConsentChangeKind.Emptied => Empty(at, change.EventId),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "There is no such kind of change."),
        };
    }

    private string[] Moves => Events.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static DateTimeOffset Later(DateTimeOffset? known, DateTimeOffset at) => known > at ? known.Value : at;

    private ConsentState With(ConsentHabit habit) => habit == Habit ? this : this with { Habit = habit };

    // Events carry whole seconds, so that one of the second in which the credits ended may have come after.
    private bool IsStale(DateTimeOffset at) => EmptiedAt is { } emptied && at.ToUnixTimeSeconds() < emptied.ToUnixTimeSeconds();

    /// <summary>The credits ended: counting begins anew with what came after, as far as it is known already.</summary>
    private ConsentState Empty(DateTimeOffset at, string? eventId)
    {
        if (IsStale(at))
        {
            return this;
        }

        var second = at.ToUnixTimeSeconds();
        var later = Moves.Where(move => SecondOf(move) > second).ToLookup(static move => move[0]);
        var next = Counted('e', at, eventId) with
        {
            Tapped = later['t'].Count(),
            Reported = later['r'].Count(),
            Taken = later['k'].Count(),
            Delivered = later['d'].Count(),
            EmptiedAt = Later(EmptiedAt, at),
        };
        return next with { Lost = Lost + Math.Max(0, Credits - next.Credits) };
    }

    private ConsentState Counted(char kind, DateTimeOffset at, string? eventId)
    {
        var known = Moves;
        var move = string.Create(CultureInfo.InvariantCulture, $"{kind}{at.ToUnixTimeSeconds()}{(eventId is null ? "" : ":")}{eventId}");
        return this with { Events = string.Join(' ', [.. known[Math.Max(0, known.Length - MovesKept + 1)..], move]) };
    }

    private ConsentState Uncounted(char kind, DateTimeOffset at)
    {
        var known = Moves;
        var i = Array.FindLastIndex(known, move => move[0] == kind && SecondOf(move) == at.ToUnixTimeSeconds());
        return i < 0 ? this : this with { Events = string.Join(' ', [.. known[..i], .. known[(i + 1)..]]) };
    }

    private static ReadOnlySpan<char> EventOf(string move) => EndOfTime(move) is var end && end < move.Length ? move.AsSpan(end + 1) : [];

    private static long SecondOf(string move) =>
        long.TryParse(move.AsSpan(1, EndOfTime(move) - 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var second) ? second : long.MinValue;

    private static int EndOfTime(string move) => move.IndexOf(':', StringComparison.Ordinal) is > 0 and var end ? end : move.Length;
}
