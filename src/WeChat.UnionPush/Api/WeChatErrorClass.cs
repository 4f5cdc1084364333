namespace WeChat.UnionPush;

/// <summary>What an error of the platform asks for. Decided by the error code and the API that answered it.</summary>
public enum WeChatErrorClass
{
    /// <summary>The call was wrong, or its code is not known: trying again does not help.</summary>
    Request = 0,

    /// <summary>The access token was refused. The library has already tried once more with another one.</summary>
    TokenInvalid,

    /// <summary>The platform was busy, could not be reached, or gave an answer that cannot be read: try again later.</summary>
    Transient,

    /// <summary>Too many calls within seconds or a minute: wait, then go on.</summary>
    RateLimited,

    /// <summary>The day's or month's calls are used up: stop until the counter is reset.</summary>
    Quota,

    /// <summary>It is about this one person: skip and record.</summary>
    Recipient,

    /// <summary>The template is wrong, banned or under review: stop using it.</summary>
    Template,

    /// <summary>Account, credentials or settings are wrong: stop everything, a human must act.</summary>
    Config,

    /// <summary>The platform has this message already: treat it as done.</summary>
    Duplicate,
}
