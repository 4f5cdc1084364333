namespace WeChat.UnionPush.Storage;

/// <summary>Where the walk over an Official Account's followers stands, so that a killed one goes on from its cursor.</summary>
/// <param name="AppId">App id of the Official Account.</param>
public sealed record FollowerSyncState(string AppId)
{
    /// <summary>When the walk under way (or, when none is, the last one) began, cut to the millisecond.</summary>
    public DateTimeOffset WalkStartedAt { get; init => field = Millisecond.Cut(value); }

    /// <summary>The openid to go on after, as <c>user/get</c> gave it; empty at the beginning of a walk.</summary>
    public string NextOpenId { get; init; } = "";

    /// <summary>Whether a walk is under way, which the next sync goes on with.</summary>
    public bool InProgress { get; init; }

    /// <summary>Whether the walk under way asks for every follower's details again.</summary>
    public bool Full { get; init; }

    /// <summary>Openids listed so far in this walk.</summary>
    public long Listed { get; init; }

    /// <summary>Followers whose details were saved so far in this walk.</summary>
    public long Detailed { get; init; }

    /// <summary>How many <c>user/get</c> calls were made on the China-time day of <see cref="CallsOn"/>.</summary>
    public int Calls { get; init; }

    /// <summary>The China-time day that <see cref="Calls"/> counts.</summary>
    public DateOnly CallsOn { get; init; }

    /// <summary>When a walk last came to its end, cut to the millisecond, or <see langword="null"/>.</summary>
    public DateTimeOffset? CompletedAt { get; init => field = value is { } time ? Millisecond.Cut(time) : null; }

    /// <summary>
    /// When the last walk began, cut to the millisecond, if its end was doubted because it would have marked too many as having left;
    /// <see langword="null"/> otherwise. Those whom the next walk does not see either have left.
    /// </summary>
    public DateTimeOffset? DoubtedAt { get; init => field = value is { } time ? Millisecond.Cut(time) : null; }

    /// <summary>How many followers that walk did not see.</summary>
    public long Doubted { get; init; }

    /// <summary>Followers whose UnionID was not known at the end of the last walk.</summary>
    public long Unlinked { get; init; }
}
