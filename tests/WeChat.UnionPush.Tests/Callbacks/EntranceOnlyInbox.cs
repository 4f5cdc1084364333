namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>An inbox of which only the entrance is used.</summary>
internal sealed class EntranceOnlyInbox : IWeChatEventInbox
{
    /// <summary>What was brought, in its order.</summary>
    public List<WeChatCallback> Events { get; } = [];

    /// <summary>What the inbox answers; throws to make it fail. Takes everything when not set.</summary>
    public Func<ValueTask<bool>>? Answer { get; set; }

    public ValueTask<bool> TryAddAsync(IReadOnlyCollection<WeChatCallback> callbacks, CancellationToken cancellationToken = default)
    {
        Events.AddRange(callbacks);
        return Answer?.Invoke() ?? new(true);
    }

    public ValueTask<IReadOnlyList<TakenWeChatEvent>> TakeAsync(
        IReadOnlyCollection<string> appIds, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask CompleteAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask ReturnAsync(IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset availableAt, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask BuryAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<BuriedWeChatEvent>> ListBuriedAsync(string appId, int limit, BuriedWeChatEvent? after = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<int> RequeueAsync(string appId, IReadOnlyCollection<string> deduplicationKeys, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<int> ExpireAsync(DateTimeOffset settledBefore, int limit, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
