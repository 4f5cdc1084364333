using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Where an app's events go, without token and key.</summary>
internal sealed record CallbackView(string? Url, SimulatedCallbackMode Mode, bool Json)
{
    /// <summary>Whether the receiver passed the check of the console; null when it was not asked for.</summary>
    public bool? Verified { get; init; }

    /// <summary>Why it did not.</summary>
    public string? Problem { get; init; }
}
