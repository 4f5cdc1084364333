using WeChat.UnionPush.Callbacks;
using WeChat.UnionPush.Storage;
using WeChat.UnionPush.Templates;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>The registration that is examined: its options, and the services that its calls go through.</summary>
internal sealed class DoctorSubject
{
    public required WeChatAppOptions OfficialAccount { get; init; }

    public required WeChatAppOptions MiniProgram { get; init; }

    /// <summary>Where the platform is, in the order of preference.</summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>Whether a handler of a test's answers in the platform's place.</summary>
    public required bool HasStandIn { get; init; }

    /// <summary>The channel of the built-in tokens.</summary>
    public required AccessTokenChannel Channel { get; init; }

    /// <summary>Whether the library fetches the tokens itself.</summary>
    public required bool HasBuiltInTokens { get; init; }

    public required TimeSpan AttemptTimeout { get; init; }

    public required int DailyPageCalls { get; init; }

    /// <summary>The registration's callback; <see langword="null"/> when it has none.</summary>
    public required WeChatCallbackOptions? Callback { get; init; }

    /// <summary>Keys of the configuration section that are probably misspelt, each with what was meant.</summary>
    public required IReadOnlyList<(string Path, string Nearest)> UnknownKeys { get; init; }

    /// <summary>Why the last reload of the options was refused.</summary>
    public required string? ReloadProblem { get; init; }

    public required ApiTransport Transport { get; init; }

    /// <summary>Sends plain requests over the registration's handlers and proxy.</summary>
    public required HttpMessageInvoker Invoker { get; init; }

    public required IAccessTokenProvider Tokens { get; init; }

    public required IWeChatDiagnostics Diagnostics { get; init; }

    public required IFollowerSource Followers { get; init; }

    public required ITemplateCatalog Catalog { get; init; }

    public required IUnionIdRepository Repository { get; init; }

    public required IAccessTokenStore TokenStore { get; init; }

    public required IFollowerSyncStore Syncs { get; init; }

    public required IWeChatEventInbox Inbox { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Whether the platform is a simulated one, on this machine or in this process.</summary>
    public bool IsSimulated => HasStandIn || Addresses[0].IsLoopback;

    public WeChatAppOptions App(WeChatAccountKind account) => account == WeChatAccountKind.MiniProgram ? MiniProgram : OfficialAccount;
}
