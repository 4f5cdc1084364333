namespace WeChat.UnionPush.Storage;

/// <summary>
/// How many subscribe messages each person has still allowed. No API of the platform tells it, so it is counted from what happens, over all machines that
/// share the store.
/// </summary>
/// <remarks>
/// A store keeps one <see cref="ConsentState"/> for each <see cref="ConsentKey"/>. It reads it, applies a change and writes it back unless somebody else
/// wrote meanwhile.
/// </remarks>
public interface IConsentLedger
{
    /// <summary>Reads a consent; <see cref="ConsentState.None"/> where nothing is known.</summary>
    /// <param name="key">Whose consent to what.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<ConsentState> GetAsync(ConsentKey key, CancellationToken cancellationToken = default);

    /// <summary>Applies a change.</summary>
    /// <param name="key">Whose consent to what.</param>
    /// <param name="change">What happened.</param>
    /// <param name="cancellationToken">Cancels the call, which then happened whole or not at all.</param>
    /// <returns>Whether anything changed: <see langword="false"/> for an event that is known already, and for <see cref="ConsentChangeKind.Taken"/> without a
    /// credit.</returns>
    ValueTask<bool> ApplyAsync(ConsentKey key, ConsentChange change, CancellationToken cancellationToken = default);

    /// <summary>Counts the people who have at least one credit.</summary>
    /// <param name="appId">App that sends.</param>
    /// <param name="templateId">Id of the app's subscription template.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<long> CountAsync(string appId, string templateId, CancellationToken cancellationToken = default);

    /// <summary>Lists the people who have at least one credit, a page at a time, in an order of the store's own.</summary>
    /// <param name="appId">App that sends.</param>
    /// <param name="templateId">Id of the app's subscription template.</param>
    /// <param name="afterOpenId">Continue after this openid; <see langword="null"/> starts at the beginning.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Their openids; fewer than <paramref name="limit"/> at the end.</returns>
    ValueTask<IReadOnlyList<string>> ListAsync(string appId, string templateId, string? afterOpenId, int limit, CancellationToken cancellationToken = default);

    /// <summary>Deletes all that is kept of people.</summary>
    /// <param name="appId">App that the openids belong to.</param>
    /// <param name="openIds">The people.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it finishes what is left.</param>
    ValueTask ForgetAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default);
}
