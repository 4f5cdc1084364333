namespace WeChat.UnionPush;

/// <summary>The outcome of a template message.</summary>
public enum TemplateDeliveryStatus
{
    /// <summary>A status the library does not know; its text is kept.</summary>
    Other = 0,

    /// <summary><c>success</c>: it was delivered.</summary>
    Delivered,

    /// <summary><c>failed:user block</c>: the recipient refuses messages of the account.</summary>
    UserBlocked,

    /// <summary><c>failed: system failed</c>: the platform could not deliver it.</summary>
    SystemFailed,

    /// <summary><c>failed:freq limit</c>: the recipient gets messages too often. Not in the platform's documents.</summary>
    FrequencyLimited,
}
