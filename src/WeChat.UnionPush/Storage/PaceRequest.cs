namespace WeChat.UnionPush.Storage;

/// <summary>What is told to and asked of an <see cref="ISharedPace"/>.</summary>
/// <param name="AppId">App id of the account.</param>
public sealed record PaceRequest(string AppId)
{
    /// <summary>How many slots a second; 0 for no limit.</summary>
    public int PerSecond { get; init; }

    /// <summary>How many slots are wanted.</summary>
    public int Count { get; init; }

    /// <summary>How many calls were made without a slot since the last request: they move all later slots and count as used.</summary>
    public int Made { get; init; }

    /// <summary>How many calls the day may have in all for slots to be given; <see langword="null"/> for any number.</summary>
    public long? DailyLimit { get; init; }

    /// <summary>How many calls the platform has counted today; <see langword="null"/> when it was not asked.</summary>
    public long? PlatformUsed { get; init; }

    /// <summary>
    /// Whether <see cref="PlatformUsed"/> counts although more was counted here, because the platform's counter was reset. Otherwise the larger one counts.
    /// </summary>
    public bool IsReset { get; init; }
}
