namespace WeChat.UnionPush;

/// <summary>How bad a problem of a template message is.</summary>
public enum TemplateProblemSeverity
{
    /// <summary>
    /// The platform takes the message, but the reader will not see all of it, or not as it was meant; or no source says whether the platform takes it. Does not
    /// stop a send.
    /// </summary>
    Warning = 0,

    /// <summary>The platform would refuse the message, as its pages or its answers show. Stops a send.</summary>
    Error,
}
