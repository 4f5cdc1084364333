namespace WeChat.UnionPush;

/// <summary>
/// Lets a few lines of each kind into the log and counts the others, for what strangers can cause as often as they like. The count of a minute is told at
/// its end.
/// </summary>
/// <param name="tell">Tells how many lines of a kind were left out.</param>
/// <param name="time">The clock.</param>
internal sealed class LineLimit(Action<string, long> tell, TimeProvider time) : IDisposable
{
    /// <summary>How many lines of one kind a minute has, beside the one with the count.</summary>
    public const int LinesPerMinute = 3;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, State> _states = new(StringComparer.Ordinal);

    /// <summary>Whether a line may be written. When not, it is counted.</summary>
    /// <param name="kind">Its kind, one of few.</param>
    public bool Allows(string kind)
    {
        lock (_states)
        {
            if (!_states.TryGetValue(kind, out var state))
            {
                _states.Add(kind, state = new State(this, kind));
            }

            if (state.Lines == 0 || (state.LeftOut == 0 && time.GetElapsedTime(state.Since) >= Minute))
            {
                (state.Lines, state.Since) = (0, time.GetTimestamp());
            }

            if (state.Lines < LinesPerMinute)
            {
                state.Lines++;
                return true;
            }

            if (state.LeftOut++ == 0)
            {
                var left = Minute - time.GetElapsedTime(state.Since);
                state.Timer = time.CreateTimer(
                    static state => ((State)state!).Owner.Tell((State)state), state, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }

            return false;
        }
    }

    /// <summary>Tells what was counted until now.</summary>
    public void Dispose()
    {
        State[] states;
        lock (_states)
        {
            states = [.. _states.Values];
        }

        foreach (var state in states)
        {
            Tell(state);
        }
    }

    private void Tell(State state)
    {
        long leftOut;
        lock (_states)
        {
            state.Timer?.Dispose();
            (leftOut, state.LeftOut, state.Lines, state.Timer) = (state.LeftOut, 0, 0, null);
        }

        if (leftOut > 0)
        {
            tell(state.Kind, leftOut);
        }
    }

    private sealed class State(LineLimit owner, string kind)
    {
        public LineLimit Owner { get; } = owner;

        public string Kind { get; } = kind;

        public long Since { get; set; }

        public int Lines { get; set; }

        public long LeftOut { get; set; }

        public ITimer? Timer { get; set; }
    }
}
