namespace WeChat.UnionPush;

/// <summary>When a call of an API that keeps to a pace may go.</summary>
/// <param name="Priority">Who goes first.</param>
/// <param name="NotAfter">A timestamp of the clock after which the call must not begin any more.</param>
internal readonly record struct CallTurn(CallPriority Priority, long NotAfter = long.MaxValue)
{
    public static implicit operator CallTurn(CallPriority priority) => new(priority);
}
