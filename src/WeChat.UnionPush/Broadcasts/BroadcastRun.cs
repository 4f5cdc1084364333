namespace WeChat.UnionPush.Broadcasts;

/// <summary>A running broadcast as a process knows it.</summary>
internal sealed class BroadcastRun
{
    private volatile BroadcastRecord _record;
    private volatile BroadcastContent _content;
    private volatile bool _isClosed;
    private volatile string? _unwrittenStop;
    private int _claims;

    public BroadcastRun(BroadcastRecord record)
    {
        _record = record;
        _content = BroadcastContent.Read(record.Content);
        Quiet = Content is { QuietFrom: { } from, QuietTo: { } to } ? new QuietHours(from, to) : null;
        Guards = new BroadcastGuards(Content.StopAtFailureShare);
    }

    /// <summary>As it was read last.</summary>
    public BroadcastRecord Record
    {
        get => _record;
        set
        {
            if (!string.Equals(_record.Content, value.Content, StringComparison.Ordinal))
            {
                _content = BroadcastContent.Read(value.Content);
            }

            _record = value;
        }
    }

    public BroadcastContent Content => _content;

    public QuietHours? Quiet { get; }

    public BroadcastGuards Guards { get; }

    /// <summary>Whether messages may be sent, as far as this process knows.</summary>
    public bool IsOpen => !_isClosed && _record.State == BroadcastState.Running;

    /// <summary>How many batches this process has claimed.</summary>
    public int Claims => Volatile.Read(ref _claims);

    /// <summary>What was counted last, when, and how many claims this process had then.</summary>
    public (BroadcastProgress Progress, long At, int Claims)? Counted { get; set; }

    /// <summary>Until when this process sends nothing of it, because the platform was busy or could not be reached.</summary>
    public DateTimeOffset NotBefore { get; private set; }

    /// <summary>How often that happened in a row.</summary>
    public int Troubles { get; private set; }

    /// <summary>Why this process has stopped it, until that is written down for all processes; the database may be away just then.</summary>
    public string? UnwrittenStop => _unwrittenStop;

    /// <summary>Nothing more of it is sent by this process.</summary>
    public void Close() => (_isClosed, _unwrittenStop) = (true, null);

    /// <summary>Nothing more of it is sent by this process, which is to be written down.</summary>
    public void Stop(string reason)
    {
        _unwrittenStop ??= reason;
        _isClosed = true;
    }

    public void Claimed(int change) => Interlocked.Add(ref _claims, change);

    public void BackOff(DateTimeOffset until)
    {
        Troubles++;
        NotBefore = until > NotBefore ? until : NotBefore;
    }

    public void Recovered() => Troubles = 0;
}
