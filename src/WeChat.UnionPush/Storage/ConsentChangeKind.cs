namespace WeChat.UnionPush.Storage;

/// <summary>What happened to a consent.</summary>
public enum ConsentChangeKind
{
    /// <summary>The platform's event says that the person tapped "allow".</summary>
    Tapped = 0,

    /// <summary>The host says that <c>wx.requestSubscribeMessage</c> answered "accept". It is the same tap that an event tells of, so the larger count is believed.</summary>
    Reported,

    /// <summary>A message is about to be sent: takes one credit, where there is one.</summary>
    Taken,

    /// <summary>The platform said that the message was not sent: what was taken is given back.</summary>
    GivenBack,

    /// <summary>The platform's event says that a message was sent, by this library or by somebody else.</summary>
    Delivered,

    /// <summary>The person turned the messages off, or the platform answered that no credit is left (43101).</summary>
    Emptied,

    /// <summary>The person keeps the choice "allow".</summary>
    AlwaysAccepts,

    /// <summary>The person keeps the choice "refuse". There is no credit from then on.</summary>
    AlwaysRefuses,

    /// <summary>The person keeps no choice.</summary>
    Asked,
}
