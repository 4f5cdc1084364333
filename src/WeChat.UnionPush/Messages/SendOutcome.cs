namespace WeChat.UnionPush;

/// <summary>What a code of <c>template/send</c> comes to.</summary>
/// <param name="Status">What the sender's caller gets; <see langword="null"/> when it is thrown, because somebody has to mend it.</param>
internal readonly record struct SendOutcome(PushStatus? Status)
{
    /// <summary>What it says of the recipient's following; <see cref="FollowState.Unknown"/> when nothing.</summary>
    public FollowState Learned { get; init; }

    /// <summary>How long that is believed.</summary>
    public SendMemory Memory { get; init; }

    /// <summary>
    /// What an attempt before it whose answer got lost came to, as far as this code tells; <see langword="null"/> when the same as this one.
    /// </summary>
    public PushStatus? StatusAfterLoss { get; init; }

    /// <summary>Whether the recipient, and not the message or the account, is the reason, so that another channel may reach them.</summary>
    public bool AnotherChannelMayHelp { get; init; }
}

/// <summary>How long what a refused send says of its recipient is believed.</summary>
internal enum SendMemory
{
    /// <summary>Not at all: the code is ambiguous, or would strike everybody when the account is wrong.</summary>
    None = 0,

    /// <summary>Until the platform was asked about the person, which is done at once, off the caller's path.</summary>
    UntilChecked,

    /// <summary>Until the next walk sees the person, or an event tells of them: no API says who refuses.</summary>
    UntilNextWalk,
}
