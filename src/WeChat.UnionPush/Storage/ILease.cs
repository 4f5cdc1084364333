namespace WeChat.UnionPush.Storage;

/// <summary>
/// A right that only one holder has at a time, across all processes that share a store. It ends when it is disposed, or by itself when its holder
/// stops renewing it. Only its holder can renew or end it.
/// </summary>
public interface ILease : IAsyncDisposable
{
    /// <summary>Extends the lease, counted from now.</summary>
    /// <param name="duration">How long it lasts from now on.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns><see langword="false"/> when the lease was lost: it expired, and another holder may have it.</returns>
    ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default);
}
