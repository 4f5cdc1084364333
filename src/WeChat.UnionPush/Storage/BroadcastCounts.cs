namespace WeChat.UnionPush.Storage;

/// <summary>How many recipients of a broadcast ended with which outcome. Each recipient counts once.</summary>
public sealed record BroadcastCounts
{
    /// <summary>A message was accepted, on whichever channel. Without <c>AddReach</c> that is the template message.</summary>
    public long Sent { get; init; }

    /// <summary>Of <see cref="Sent"/>: those who got the Mini Program's subscribe message.</summary>
    public long SentBySubscribeMessage { get; init; }

    /// <summary>Of <see cref="Sent"/>: those who got the Official Account's subscribe notice.</summary>
    public long SentBySubscribeNotice { get; init; }

    /// <summary>Of <see cref="Sent"/>: those who got a customer service message.</summary>
    public long SentByCustomerService { get; init; }

    /// <summary>Of <see cref="Sent"/>: those whom the host's own fallback sent a message to.</summary>
    public long SentByFallback { get; init; }

    /// <summary>The Mini Program openid never signed in here.</summary>
    public long NotSignedIn { get; init; }

    /// <summary>No UnionID is known.</summary>
    public long NotLinked { get; init; }

    /// <summary>Does not follow the Official Account.</summary>
    public long NotFollowing { get; init; }

    /// <summary>Refuses the account's messages.</summary>
    public long Refused { get; init; }

    /// <summary>Got too many messages: the platform said so, or the broadcast's own cap did.</summary>
    public long TooFrequent { get; init; }

    /// <summary>The platform had the message already.</summary>
    public long Duplicate { get; init; }

    /// <summary>It is not known whether the message arrived, and it is too late to send it again under the same idempotency key.</summary>
    public long Unknown { get; init; }

    /// <summary>The platform or the library refused this person's own message.</summary>
    public long Failed { get; init; }

    /// <summary>All that have an outcome.</summary>
    public long Settled => Sent + NotSignedIn + NotLinked + NotFollowing + Refused + TooFrequent + Duplicate + Unknown + Failed;

    /// <summary>Adds other counts to these.</summary>
    /// <param name="other">The others.</param>
    public BroadcastCounts Plus(BroadcastCounts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new()
        {
            Sent = Sent + other.Sent,
            SentBySubscribeMessage = SentBySubscribeMessage + other.SentBySubscribeMessage,
            SentBySubscribeNotice = SentBySubscribeNotice + other.SentBySubscribeNotice,
            SentByCustomerService = SentByCustomerService + other.SentByCustomerService,
            SentByFallback = SentByFallback + other.SentByFallback,
            NotSignedIn = NotSignedIn + other.NotSignedIn,
            NotLinked = NotLinked + other.NotLinked,
            NotFollowing = NotFollowing + other.NotFollowing,
            Refused = Refused + other.Refused,
            TooFrequent = TooFrequent + other.TooFrequent,
            Duplicate = Duplicate + other.Duplicate,
            Unknown = Unknown + other.Unknown,
            Failed = Failed + other.Failed,
        };
    }
}
