namespace WeChat.UnionPush.Testing;

/// <summary>
/// The faults of a simulated platform. Of those that make a call fail or change its answer, the first one that strikes decides, in the order
/// in which they were added, and later ones do not count that call. Latencies and replaced tokens apply in addition.
/// </summary>
public sealed class SimulatedFaults
{
    private readonly Gate _gate = new();
    private readonly SimulatedPlatform _platform;
    private SimulatedFault[] _all = [];
    private ulong _declared;

    internal SimulatedFaults(SimulatedPlatform platform) => _platform = platform;

    /// <summary>The current faults, in the order in which they were added.</summary>
    public IReadOnlyList<SimulatedFault> All => [.. Volatile.Read(ref _all)];

    /// <summary>Adds a fault, from the next call on.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns>The same fault, for its count and for <see cref="Remove"/>.</returns>
    /// <exception cref="InvalidOperationException">It was added before, here or on another platform.</exception>
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

    /// <summary>Removes a fault. Calls that it has struck already are not changed.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns><see langword="false"/> when it was not added here.</returns>
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

    /// <summary>Removes all faults.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            Volatile.Write(ref _all, []);
        }
    }

    /// <summary>Throws when the call does not reach the platform.</summary>
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

    /// <summary>The fault of a call that has reached the platform. Also runs the actions that happen in addition.</summary>
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

    /// <summary>The faults of one call.</summary>
    internal readonly record struct Strike(SimulatedFault? Fault, TimeSpan Latency);
}
