namespace WeChat.UnionPush;

/// <summary>The outcome of a push.</summary>
public enum PushStatus
{
    /// <summary>The platform accepted the message.</summary>
    Sent = 0,

    /// <summary>The Mini Program openid has never signed in here; from <see cref="ISubscribeMessageSender"/>: the platform does not know it.</summary>
    NotSignedIn,

    /// <summary>No UnionID is known for the user, so no Official Account openid can be found. A later sign-in may bring it.</summary>
    NotLinked,

    /// <summary>The user does not follow the Official Account: never followed, or unfollowed.</summary>
    NotFollowing,

    /// <summary>The user follows but refuses the account's messages, or is on its blacklist.</summary>
    Refused,

    /// <summary>This user received too many messages recently; try again later.</summary>
    TooFrequent,

    /// <summary>The platform already has this message; it is not sent again.</summary>
    Duplicate,

    /// <summary>No readable answer came, even after retries, so the message may have arrived. If it is sent again with the same idempotency key within ten
    /// minutes, it arrives once.</summary>
    Unknown,

    /// <summary>
    /// The user has not agreed to a subscribe message of this template, has used up what they agreed to, or refuses. Only
    /// <see cref="ISubscribeMessageSender"/> gives it.
    /// </summary>
    NotSubscribed,

    /// <summary>No customer service message can be sent: the user has not written, followed, scanned a code or used the menu recently enough. Only a channel of
    /// <c>AddReach</c> gives it (<see cref="PushResult.Attempts"/>).</summary>
    WindowClosed,

    /// <summary>Nobody was found, and the message is held until the user follows. Only <see cref="IUnionPush.HoldUntilLinkedAsync"/> gives it.</summary>
    Held,
}
