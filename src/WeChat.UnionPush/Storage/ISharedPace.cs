namespace WeChat.UnionPush.Storage;

/// <summary>
/// The pace and the day's calls of accounts, over all machines that share the store. A broadcast takes its slots here before it sends; pushes to single
/// persons never wait for it and are only counted.
/// </summary>
/// <remarks>A store keeps one <see cref="PaceState"/> for each account. It reads it, applies a request and writes it back unless somebody else wrote meanwhile.</remarks>
public interface ISharedPace
{
    /// <summary>Counts calls that were made, and takes slots for calls to come.</summary>
    /// <param name="request">What was called, and what is wanted.</param>
    /// <param name="cancellationToken">Cancels the call, which then happened whole or not at all.</param>
    /// <returns>The slots; fewer than wanted, or none, when the day's calls do not suffice.</returns>
    ValueTask<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken = default);
}
