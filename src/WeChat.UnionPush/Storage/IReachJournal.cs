namespace WeChat.UnionPush.Storage;

/// <summary>
/// Notes of a registration's reach, over all machines that share the store: on which channel a message with an idempotency key was sent, for how long a
/// person may be sent customer service messages, which QR codes wait to be scanned, who was linked by one,
/// which messages wait for that, and which were pushed that are to be pushed once. A note that has expired is as good as none.
/// </summary>
public interface IReachJournal
{
    /// <summary>Finds a note.</summary>
    /// <param name="appId">App the note belongs to.</param>
    /// <param name="key">Its key, at most 160 characters.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The note; <see langword="null"/> where there is none, or it has expired.</returns>
    ValueTask<ReachNote?> FindAsync(string appId, string key, CancellationToken cancellationToken = default);

    /// <summary>Finds many notes at once.</summary>
    /// <param name="appId">App the notes belong to.</param>
    /// <param name="keys">Their keys.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The notes by their key; those that have expired are left out.</returns>
    ValueTask<IReadOnlyDictionary<string, ReachNote>> FindAsync(string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default);

    /// <summary>Writes a note, unless somebody else wrote it meanwhile.</summary>
    /// <param name="appId">App the note belongs to.</param>
    /// <param name="key">Its key.</param>
    /// <param name="before">The note that was found; <see langword="null"/> where none was: then it is written only where there is still none.</param>
    /// <param name="value">What it says from now on, at most 8,000 characters.</param>
    /// <param name="expiresAt">When it ends.</param>
    /// <param name="cancellationToken">Cancels the call, which then happened whole or not at all.</param>
    /// <returns>The note as it is now; <see langword="null"/> when somebody else wrote meanwhile, and nothing changed.</returns>
    ValueTask<ReachNote?> TryWriteAsync(string appId, string key, ReachNote? before, string value, DateTimeOffset expiresAt, CancellationToken cancellationToken = default);

    /// <summary>Lists notes that have not expired, a page at a time, in an order of the store's own.</summary>
    /// <param name="appId">App the notes belong to.</param>
    /// <param name="prefix">How their keys begin: at least one character, and the last one ASCII.</param>
    /// <param name="afterKey">Continue after this key; <see langword="null"/> starts at the beginning.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Keys and notes; fewer than <paramref name="limit"/> at the end.</returns>
    ValueTask<IReadOnlyList<KeyValuePair<string, ReachNote>>> ListAsync(
        string appId, string prefix, string? afterKey, int limit, CancellationToken cancellationToken = default);

    /// <summary>Deletes notes.</summary>
    /// <param name="appId">App the notes belong to.</param>
    /// <param name="keys">Their keys.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it finishes what is left.</param>
    ValueTask DeleteAsync(string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default);

    /// <summary>Deletes notes of all apps that have expired.</summary>
    /// <param name="expiredBefore">The latest end of those to delete.</param>
    /// <param name="limit">How many to delete at the most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many were deleted.</returns>
    ValueTask<int> ExpireAsync(DateTimeOffset expiredBefore, int limit, CancellationToken cancellationToken = default);
}
