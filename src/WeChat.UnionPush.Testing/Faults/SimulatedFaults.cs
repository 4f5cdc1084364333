namespace WeChat.UnionPush.Testing;

/// <summary>
/// The faults declared on a simulated platform. Of those that make a call fail or spoil its answer, the first one that strikes decides, in the order
/// in which they were declared, and later ones do not count that call; latencies and taken tokens come on top.
/// </summary>
public sealed class SimulatedFaults
{
    private readonly Gate _gate = new();
    private readonly SimulatedPlatform _platform;
    private SimulatedFault[] _all = [];
    private ulong _declared;

    internal SimulatedFaults(SimulatedPlatform platform) => _platform = platform;

    /// <summary>The faults that are declared now, in the order in which they were.</summary>
    public IReadOnlyList<SimulatedFault> All => [.. Volatile.Read(ref _all)];

    /// <summary>Declares a fault, from the next call on.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns>The same fault, for its count and for <see cref="Remove"/>.</returns>
    /// <exception cref="InvalidOperationException">It was declared before, here or on another platform.</exception>
    public SimulatedFault Add(SimulatedFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            fault.Declare(Scrambler.Mix(_platform.SeedState ^ Scrambler.Mix(++_declared)));
            Volatile.Write(ref _all, [.. _all, fault]);
        }

        return fault;
    }

    /// <summary>Takes a fault back. Calls that it has struck already go on as they were struck.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns><see langword="false"/> when it is not declared here.</returns>
    public bool Remove(SimulatedFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            var before = _all.Length;
            Volatile.Write(ref _all, Array.FindAll(_all, other => !ReferenceEquals(other, fault)));
            return _all.Length < before;
        }
    }

    /// <summary>Takes all faults back.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            Volatile.Write(ref _all, []);
        }
    }

    /// <summary>Throws when the call does not even reach the platform.</summary>
    internal void Connect(WireRequest request, DateTimeOffset now, int underWay)
    {
        foreach (var fault in Volatile.Read(ref _all))
        {
            if (fault.Failure is { } failure && fault.TryStrike(request, now, underWay, out _))
            {
                throw failure(request.Address);
            }
        }
    }

    /// <summary>What strikes a call that has reached the platform; happens aside what does.</summary>
    internal Strike Answer(WireRequest request, DateTimeOffset now, int underWay)
    {
        var strike = default(Strike);
        foreach (var fault in Volatile.Read(ref _all))
        {
            var isDecided = fault.Spoil is not null && strike.Fault is not null;
            if (fault.Failure is not null || isDecided || !fault.TryStrike(request, now, underWay, out var severity))
            {
                continue;
            }

            fault.Aside?.Invoke();
            strike = fault switch
            {
                { Latencies: var (from, to) } => strike with { Latency = strike.Latency + from + ((to - from) * severity) },
                { Spoil: not null } => strike with { Fault = fault },
                _ => strike,
            };
        }

        return strike;
    }

    /// <summary>What has become of one call.</summary>
    internal readonly record struct Strike(SimulatedFault? Fault, TimeSpan Latency);
}
