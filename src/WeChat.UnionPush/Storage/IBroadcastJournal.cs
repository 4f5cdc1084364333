namespace WeChat.UnionPush.Storage;

/// <summary>
/// What is written down of broadcasts, so that a crash loses nobody and sends nobody the same message twice, and so that many machines share one run.
/// </summary>
/// <remarks>
/// <para>Recipients are kept in batches. A batch is claimed by one worker at a time, whose claim ends by itself when it stops renewing it; whoever lost a
/// claim can write nothing any more. Texts are opaque to the store, but for the lines of <see cref="BroadcastBatch.Recipients"/>.</para>
/// <para>Check your own store with the conformance cases of the <c>WeChat.UnionPush.Testing</c> package. The default store is in memory.</para>
/// <para>Texts are compared ordinally, and times by the millisecond. All members may be called by many threads and processes at once. A cancelled or failed
/// call has happened whole or not at all.</para>
/// </remarks>
public interface IBroadcastJournal
{
    /// <summary>Writes a new broadcast down.</summary>
    /// <param name="broadcast">The broadcast; its <see cref="BroadcastRecord.Revision"/> is kept as it is.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see langword="false"/> when the account has one of that name, which stays as it is.</returns>
    ValueTask<bool> TryAddAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default);

    /// <summary>Writes a broadcast over the one of the same account, name and <see cref="BroadcastRecord.Revision"/>, which becomes one more.</summary>
    /// <param name="broadcast">What was read, changed.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see langword="false"/> when somebody else has written it meanwhile; read it again.</returns>
    ValueTask<bool> TryUpdateAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default);

    /// <summary>A broadcast, or <see langword="null"/>.</summary>
    /// <param name="appId">App id of the Official Account.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<BroadcastRecord?> FindAsync(string appId, string name, CancellationToken cancellationToken = default);

    /// <summary>The broadcasts of an account, the oldest first, then by name.</summary>
    /// <param name="appId">App id of the Official Account.</param>
    /// <param name="onlyRunning">Whether only those are wanted that are <see cref="BroadcastState.Running"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<BroadcastRecord>> ListAsync(string appId, bool onlyRunning, CancellationToken cancellationToken = default);

    /// <summary>Takes the right to plan a broadcast, so that two processes that start the same one do not do the same work.</summary>
    /// <param name="appId">App id of the Official Account.</param>
    /// <param name="name">Its name.</param>
    /// <param name="duration">How long the right lasts unless it is renewed.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The right, or <see langword="null"/> when somebody else has it.</returns>
    ValueTask<ILease?> TryLeaseAsync(string appId, string name, TimeSpan duration, CancellationToken cancellationToken = default);

    /// <summary>Writes batches down, all or none. Each of their numbers is new.</summary>
    /// <param name="batches">The batches.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask AddBatchesAsync(IReadOnlyCollection<BroadcastBatch> batches, CancellationToken cancellationToken = default);

    /// <summary>Claims one batch whose <see cref="BroadcastBatch.AvailableAt"/> has come: never one that somebody else has.</summary>
    /// <param name="broadcastId">The <see cref="BroadcastRecord.Id"/>.</param>
    /// <param name="duration">How long the claim lasts unless <see cref="SaveAsync"/> extends it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The batch with its <see cref="BroadcastBatch.ClaimId"/>, or <see langword="null"/> when there is none now.</returns>
    ValueTask<BroadcastBatch?> TryClaimAsync(string broadcastId, TimeSpan duration, CancellationToken cancellationToken = default);

    /// <summary>Writes the outcomes, counts and <see cref="BroadcastBatch.AvailableAt"/> of a claimed batch.</summary>
    /// <param name="batch">The batch, with the claim it was given under.</param>
    /// <param name="release">Whether the claim ends with it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see langword="false"/> when somebody else has claimed it meanwhile, or it is gone: nothing was written.</returns>
    ValueTask<bool> SaveAsync(BroadcastBatch batch, bool release, CancellationToken cancellationToken = default);

    /// <summary>Opens a closed batch again: writes its outcomes, counts and <see cref="BroadcastBatch.AvailableAt"/>.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see langword="false"/> when it is not closed, or gone: nothing was written.</returns>
    ValueTask<bool> TryReopenAsync(BroadcastBatch batch, CancellationToken cancellationToken = default);

    /// <summary>Counts the batches of a broadcast.</summary>
    /// <param name="broadcastId">The <see cref="BroadcastRecord.Id"/>.</param>
    /// <param name="recentSince">The time for <see cref="BroadcastProgress.Recent"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<BroadcastProgress> CountAsync(string broadcastId, DateTimeOffset recentSince, CancellationToken cancellationToken = default);

    /// <summary>Streams the batches of a broadcast by their number, a page at a time.</summary>
    /// <param name="broadcastId">The <see cref="BroadcastRecord.Id"/>.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    IAsyncEnumerable<BroadcastBatch> ListBatchesAsync(string broadcastId, CancellationToken cancellationToken = default);

    /// <summary>Deletes the batches of a broadcast. Called again, it goes on where a failed call stopped.</summary>
    /// <param name="broadcastId">The <see cref="BroadcastRecord.Id"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask DeleteBatchesAsync(string broadcastId, CancellationToken cancellationToken = default);

    /// <summary>Empties the lines of persons who were erased, in every batch of an account. Outcomes and counts stay. Reads every batch.</summary>
    /// <param name="appId">App id of the Official Account that sends.</param>
    /// <param name="ids">Openids and UnionIDs of the persons, in any app.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it finishes what is left.</param>
    ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> ids, CancellationToken cancellationToken = default);
}
