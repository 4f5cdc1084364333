namespace WeChat.UnionPush;

/// <summary>
/// A right that one holder at a time has, over all processes that share a store. It ends when it is disposed, and by itself when its holder
/// stops renewing it. Only its holder can renew or end it.
/// </summary>
public interface ILease : IAsyncDisposable
{
    /// <summary>Prolongs the lease, counted from now.</summary>
    /// <param name="duration">How long it lasts from now on.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns><see langword="false"/> when the lease was lost: it ran out and somebody else may hold it.</returns>
    ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default);
}
