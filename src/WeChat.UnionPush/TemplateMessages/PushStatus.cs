namespace WeChat.UnionPush;

/// <summary>What became of a push.</summary>
public enum PushStatus
{
    /// <summary>The platform accepted the message.</summary>
    Sent = 0,

    /// <summary>The Mini Program openid has never signed in here.</summary>
    NotSignedIn,

    /// <summary>No UnionID is known of the user, so no Official Account openid can be found. A later sign-in may bring it.</summary>
    NotLinked,

    /// <summary>The user does not follow the Official Account: never did, or left.</summary>
    NotFollowing,

    /// <summary>The user follows and refuses the account's messages, or is on its blacklist.</summary>
    Refused,

    /// <summary>This user got too many messages lately; try again later.</summary>
    TooFrequent,

    /// <summary>The platform has this message already; nothing more is sent.</summary>
    Duplicate,

    /// <summary>No readable answer came, even after repeats: the message may have arrived. Sent again with the same idempotency key within ten
    /// minutes it arrives once.</summary>
    Unknown,
}
