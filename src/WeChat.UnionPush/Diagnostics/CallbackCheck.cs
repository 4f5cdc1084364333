namespace WeChat.UnionPush.Diagnostics;

/// <summary>What <see cref="IWeChatDiagnostics.CheckCallbackAsync"/> checks.</summary>
public enum CallbackCheck
{
    /// <summary>Name resolution and reachability.</summary>
    All = 0,

    /// <summary>Name resolution only.</summary>
    Dns,

    /// <summary>Reachability only.</summary>
    Ping,
}
