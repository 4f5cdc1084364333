namespace WeChat.UnionPush.LoadTests;

/// <summary>What a stranger sends to a callback URL. Bodies have a mebibyte.</summary>
internal enum CallbackAttack
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Elements in elements, under a signature that is wrong.</summary>
    Unsigned,

    /// <summary>Bodies that are made to be expensive, one kind after the other, under a signature that is wrong.</summary>
    Bombs,

    /// <summary>The same under a signed query that was seen somewhere.</summary>
    Replayed,

    /// <summary>Requests with such a query whose bodies never come to their end.</summary>
    Slow,
}
