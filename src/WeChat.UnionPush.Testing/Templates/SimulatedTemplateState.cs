namespace WeChat.UnionPush.Testing;

/// <summary>The state of the platform's content review of a template.</summary>
public enum SimulatedTemplateState
{
    /// <summary>It can be sent.</summary>
    Active = 0,

    /// <summary>Part of its content is under review: a send answers 40252.</summary>
    UnderReview,

    /// <summary>Its content is blocked: a send answers 40249, and the message is listed by <c>queryblocktmplmsg</c>.</summary>
    ContentBlocked,

    /// <summary>It is banned: a send answers 43116.</summary>
    Banned,
}
