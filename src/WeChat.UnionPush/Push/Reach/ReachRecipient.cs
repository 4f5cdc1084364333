namespace WeChat.UnionPush;

/// <summary>Whom a push is for, as far as is known.</summary>
public sealed record ReachRecipient
{
    /// <summary>Openid in the Mini Program, or <see langword="null"/> where it is not known.</summary>
    public string? MiniProgramOpenId { get; init; }

    /// <summary>UnionID, or <see langword="null"/> where it is not known.</summary>
    public string? UnionId { get; init; }

    /// <summary>Openid in the Official Account, whether the person follows or not; <see langword="null"/> where it is not known.</summary>
    public string? OfficialAccountOpenId { get; init; }

    /// <summary>The channels that did not serve, in order, and why.</summary>
    public IReadOnlyList<ReachAttempt> Attempts { get; init; } = [];
}
