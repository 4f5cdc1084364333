namespace WeChat.UnionPush.Testing;

/// <summary>How the platform reports that a follower has turned off the account's messages.</summary>
public enum SimulatedRefusal
{
    /// <summary>The send answers 43101.</summary>
    AtSend = 0,

    /// <summary>The send is accepted, nothing is delivered, and the <c>TEMPLATESENDJOBFINISH</c> event says <c>failed:user block</c>.</summary>
    ByEvent = 1,
}
