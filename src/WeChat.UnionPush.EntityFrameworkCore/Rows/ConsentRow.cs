namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>What is kept of one person's consent to one subscription template.</summary>
internal class ConsentRow
{
    public string AppId { get; set; } = null!;

    public string OpenId { get; set; } = null!;

    public string TemplateId { get; set; } = null!;

    public long Tapped { get; set; }

    public long Reported { get; set; }

    public long Taken { get; set; }

    public long Delivered { get; set; }

    public long Lost { get; set; }

    public long? EmptiedAt { get; set; }

    public long? TappedAt { get; set; }

    public int Habit { get; set; }

    public string? Events { get; set; }

    /// <summary>What is left of it all, for counts.</summary>
    public long Credits { get; set; }

    /// <summary>Counts the writes, so that nobody writes over what they have not read.</summary>
    public long Version { get; set; }

    public ConsentState State() => new()
    {
        Tapped = Tapped,
        Reported = Reported,
        Taken = Taken,
        Delivered = Delivered,
        Lost = Lost,
        EmptiedAt = EmptiedAt is { } emptiedAt ? DateTimeOffset.FromUnixTimeMilliseconds(emptiedAt) : null,
        TappedAt = TappedAt is { } tappedAt ? DateTimeOffset.FromUnixTimeMilliseconds(tappedAt) : null,
        Habit = (ConsentHabit)Habit,
        Events = Events ?? "",
    };

    public void Set(ConsentState state)
    {
        Tapped = state.Tapped;
        Reported = state.Reported;
        Taken = state.Taken;
        Delivered = state.Delivered;
        Lost = state.Lost;
        EmptiedAt = state.EmptiedAt?.ToUnixTimeMilliseconds();
        TappedAt = state.TappedAt?.ToUnixTimeMilliseconds();
        Habit = (int)state.Habit;
        Events = state.Events;
        Credits = state.Credits;
        Version++;
    }
}
