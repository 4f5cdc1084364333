namespace WeChat.UnionPush.Callbacks;

/// <summary>One event from the inbox and its progress: which of its steps are done, now or in an earlier attempt.</summary>
internal sealed class EventWork
{
    private const char Separator = '\n';

    private readonly List<string> _done;
    private readonly object _gate = new();
    private TakenWeChatEvent _taken;

    public EventWork(TakenWeChatEvent taken)
    {
        _taken = taken;
        _done = [.. taken.Progress.Split(Separator, StringSplitOptions.RemoveEmptyEntries)];
        if (WeChatEventParser.TryParse(taken.AppId, taken.DeduplicationKey, taken.Body, out var read))
        {
            Event = read;
        }
        else
        {
            Fail("reading it", new InvalidDataException("The inbox gave back another body than it was given."));
        }
    }

    /// <summary>The event as it goes back to the inbox, with the progress made.</summary>
    public TakenWeChatEvent Taken
    {
        get
        {
            lock (_gate)
            {
                return _taken = _taken with { Progress = string.Join(Separator, _done) };
            }
        }
    }

    public int Attempt => _taken.Attempt;

    /// <summary>The event; <see langword="null"/> when it cannot be read, which no later attempt can fix.</summary>
    public IWeChatEvent? Event { get; }

    /// <summary>The first step that failed.</summary>
    public string? FailedStep { get; private set; }

    public Exception? Exception { get; private set; }

    /// <summary>A step was not tried, because the host stops or the lease is about to end.</summary>
    public bool WasLeft { get; private set; }

    public bool HasFailed => FailedStep is not null && !WasLeft;

    public bool IsHandled => FailedStep is null && !WasLeft;

    public bool IsDone(string step)
    {
        lock (_gate)
        {
            return _done.Contains(step, StringComparer.Ordinal);
        }
    }

    public void Done(string step)
    {
        lock (_gate)
        {
            _done.Add(step);
        }
    }

    public void Fail(string step, Exception exception)
    {
        lock (_gate)
        {
            (FailedStep, Exception) = FailedStep is null ? (step, exception) : (FailedStep, Exception);
        }
    }

    public void Leave() => WasLeft = true;
}
