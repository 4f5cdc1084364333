namespace WeChat.UnionPush;

/// <summary>What is to be done about a failure of a server.</summary>
internal enum SqlFailureKind
{
    /// <summary>Nothing, unless the driver says that it passes.</summary>
    Other = 0,

    /// <summary>It passes: the server is away, or the connection broke.</summary>
    Outage,

    /// <summary>The server undid everything for the sake of another call. It is run again.</summary>
    Conflict,

    /// <summary>The server has no connection left. One is asked for again.</summary>
    NoConnection,
}
