namespace WeChat.UnionPush.Testing;

/// <summary>A call and what became of it.</summary>
internal sealed class Exchange(WireRequest request, DateTimeOffset receivedAt, long startedAt)
{
    public WireRequest Request { get; } = request;

    public DateTimeOffset ReceivedAt { get; } = receivedAt;

    public long StartedAt { get; } = startedAt;

    /// <summary>The app that called, when the call got as far as to say it.</summary>
    public SimulatedApp? App { get; private set; }

    /// <summary>The answer, when the platform made one. It need not have reached the caller.</summary>
    public Answer? Answer { get; private set; }

    /// <summary>The fault that struck the call, or null.</summary>
    public SimulatedFault? Fault { get; private set; }

    /// <summary>Why there was no answer, or null.</summary>
    public Exception? Failure { get; private set; }

    public void Note(Call call, Answer answer, SimulatedFault? fault) => (App, Answer, Fault) = (call.App, answer, fault);

    public bool Note(Exception failure)
    {
        Failure = failure;
        return true;
    }
}
