using System.Collections.Concurrent;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>A host's own way to reach people, which keeps whom it reached.</summary>
internal sealed class Pigeon : IReachFallback
{
    public bool Arrives { get; set; } = true;

    /// <summary>Thrown instead of an answer.</summary>
    public Exception? Failure { get; set; }

    public ConcurrentQueue<ReachRecipient> Flights { get; } = new();

    public Task<bool> TrySendAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken = default)
    {
        if (Failure is { } failure)
        {
            throw failure;
        }

        if (Arrives)
        {
            Flights.Enqueue(recipient);
        }

        return Task.FromResult(Arrives);
    }
}
