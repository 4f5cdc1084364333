namespace WeChat.UnionPush.Simulator;

/// <summary>How much a simulator keeps, and who may use it.</summary>
public sealed class SimulatorOptions
{
    /// <summary>How many messages on phones are kept. 10,000 by default; the oldest go first.</summary>
    public int MaxMessages { get; set; } = 10_000;

    /// <summary>How many calls are kept. 2,000 by default.</summary>
    public int MaxCalls { get; set; } = 2_000;

    /// <summary>How many pushes to callbacks are kept. 2,000 by default.</summary>
    public int MaxCallbacks { get; set; } = 2_000;

    /// <summary>How many bytes of a request's or an answer's body are kept. 16,384 by default; the rest is left out of the log, and such a call cannot be replayed.</summary>
    public int MaxBodyLength { get; set; } = 16_384;

    /// <summary>
    /// Whether other machines may use page, REST API and platform. <see langword="false"/> by default: a connection that does not come from
    /// this machine gets 403, whatever address the host listens on. There is no sign-in: whoever may connect may do everything.
    /// </summary>
    public bool AllowRemoteClients { get; set; }

    /// <summary>
    /// Names that a request's <c>Host</c> may have beside <c>localhost</c> and loopback addresses. A page elsewhere can point a name of its own at
    /// this machine, so a name that is not expected is refused.
    /// </summary>
    public ICollection<string> AllowedHosts { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
}
