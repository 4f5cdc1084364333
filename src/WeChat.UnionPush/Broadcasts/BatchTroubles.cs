namespace WeChat.UnionPush.Broadcasts;

/// <summary>What keeps a run from going on, as the sends of one batch meet it.</summary>
internal sealed class BatchTroubles(BroadcastRun run)
{
    private readonly object _gate = new();
    private volatile SendTrouble? _gravest;

    /// <summary>The gravest one; <see langword="null"/> while the batch goes on.</summary>
    public SendTrouble? Gravest => _gravest;

    public void Meet(SendTrouble trouble)
    {
        lock (_gate)
        {
            if (_gravest is not { } before || trouble.Kind > before.Kind)
            {
                _gravest = trouble;
            }
        }

        if (trouble.Kind == SendTroubleKind.Stop)
        {
            run.Stop(trouble.Reason);
        }
    }

    /// <summary>Counts a template message that was sent, with what the run's guards say about it.</summary>
    public void Count(bool isAccepted, int code)
    {
        if (isAccepted)
        {
            run.Recovered();
        }

        if (run.Guards.Count(isAccepted, code) is { } reason)
        {
            Meet(new SendTrouble(SendTroubleKind.Stop, reason));
        }
    }
}
