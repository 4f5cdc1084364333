using System.Net;
using Microsoft.Extensions.Configuration;

namespace WeChat.UnionPush;

/// <summary>What was chosen for one registration while services were added.</summary>
internal sealed class Registration(string name)
{
    public string Name => name;

    /// <summary>The key of its services; <see langword="null"/> for the default registration.</summary>
    public object? Key { get; } = name.Length == 0 ? null : name;

    /// <summary>How messages name it.</summary>
    public string Title => TitleOf(name);

    /// <summary>Name of its <c>HttpClient</c>.</summary>
    public string ClientName { get; } = name.Length == 0 ? WeChatUnionPushDiagnostics.Name : $"{WeChatUnionPushDiagnostics.Name}:{name}";

    /// <summary>Where its options come from, when that is configuration.</summary>
    public IConfiguration? Configuration { get; set; }

    /// <summary>The proxy on the way to the platform.</summary>
    public IWebProxy? Proxy { get; set; }

    /// <summary>Whether a handler of a test's answers in the platform's place, so that nothing reaches the network.</summary>
    public bool HasStandIn { get; set; }

    public bool NeedsDistributedCache { get; set; }

    /// <summary>Whether every message takes its slot from the pace that processes share.</summary>
    public bool SharesPace { get; set; }

    public bool HasCallback { get; set; }

    public bool HasReceipts { get; set; }

    public bool HasBroadcasts { get; set; }

    public bool HasReach { get; set; }

    public bool HasFollowLinks { get; set; }

    /// <summary>Whether old notes of reach are deleted while the host runs.</summary>
    public bool ExpiresNotes { get; set; }

    public bool HasEventHandlers { get; set; }

    /// <summary>How many event handlers of each class were added.</summary>
    public Dictionary<string, int> EventHandlers { get; } = new(StringComparer.Ordinal);

    public static string TitleOf(string? name) => string.IsNullOrEmpty(name) ? "WeChat.UnionPush (default registration)" : $"WeChat.UnionPush (registration '{name}')";
}
