namespace WeChat.UnionPush.Broadcasts;

/// <summary>
/// Sends to many people: named runs that survive crashes, are shared by any number of machines on one storage, and send each person one message. A process
/// takes part in the runs while it is in <see cref="RunAsync"/>, or while its host runs where <c>AddBroadcasts</c> was called.
/// </summary>
public interface IBroadcasts
{
    /// <summary>
    /// Writes a broadcast and all its recipients down, after which every process that takes part sends it. The same name again resumes: a plan that was cut
    /// off is made anew, since nothing of it was sent; a run that was paused or stopped goes on, with the message and the recipients of its first start; one
    /// that is finished or cancelled stays as it is.
    /// </summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="progress">Told while recipients are written down.</param>
    /// <param name="cancellationToken">Cancels the planning, which the next call begins anew.</param>
    /// <returns>Where it stands: <see cref="BroadcastState.Running"/>, unless it ended before.</returns>
    /// <exception cref="TemplateMessageException">The platform would refuse the message.</exception>
    /// <exception cref="UnionPushStorageException">The storage failed; call again.</exception>
    Task<BroadcastStatus> StartAsync(Broadcast broadcast, IProgress<BroadcastStatus>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Tells what a broadcast would come to: who can be reached, who not and why, the time and the calls it needs. Writes and sends nothing.</summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="TemplateMessageException">The platform would refuse the message.</exception>
    Task<BroadcastForecast> ForecastAsync(Broadcast broadcast, CancellationToken cancellationToken = default);

    /// <summary>Takes part in a broadcast until it is finished, paused, stopped or cancelled; for programs without a host.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="progress">Told about once a second.</param>
    /// <param name="cancellationToken">Leaves the run in order: messages on their way are waited for, and others go on with it.</param>
    /// <returns>Where it stands.</returns>
    /// <exception cref="ArgumentException">There is no broadcast of that name.</exception>
    Task<BroadcastStatus> RunAsync(string name, IProgress<BroadcastStatus>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Where a broadcast stands, as every process on the storage sees it; <see langword="null"/> when there is none of that name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<BroadcastStatus?> GetAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>All broadcasts of the account, the oldest first.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<IReadOnlyList<BroadcastStatus>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Tells where a broadcast stands, about once a second, until it is finished or cancelled; the last one is its end.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="ArgumentException">There is no broadcast of that name.</exception>
    IAsyncEnumerable<BroadcastStatus> WatchAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Pauses a broadcast in all processes. Messages on their way are not held back; within about a second no more are sent.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Where it stands; one that has ended stays as it is.</returns>
    /// <exception cref="ArgumentException">There is no broadcast of that name.</exception>
    /// <exception cref="InvalidOperationException">It is still being planned.</exception>
    Task<BroadcastStatus> PauseAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets a broadcast that was paused, or that stopped by itself, go on; ends a wait for quota, quiet hours or a busy platform too, and tries templates again
    /// that the platform had stopped.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Where it stands; one that has ended stays as it is.</returns>
    /// <exception cref="ArgumentException">There is no broadcast of that name.</exception>
    /// <exception cref="InvalidOperationException">Its planning was cut off; call <see cref="StartAsync"/> again.</exception>
    Task<BroadcastStatus> ResumeAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Cancels a broadcast for good. Who has not been sent to is not sent to any more.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Where it stands; one that is finished stays as it is.</returns>
    /// <exception cref="ArgumentException">There is no broadcast of that name.</exception>
    Task<BroadcastStatus> CancelAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The report of a broadcast, with what the receipts tell of its messages so far (<c>AddReceipts</c>). Reads all its recipients.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException">There is no broadcast of that name.</exception>
    Task<BroadcastReport> GetReportAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Streams what became of each recipient. Empty once the broadcast was pruned.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="ArgumentException">There is no broadcast of that name.</exception>
    IAsyncEnumerable<BroadcastOutcome> ListRecipientsAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends once more to everybody whose outcome is <see cref="PushStatus.Unknown"/>. Some of them have the message already and get it twice, which is why
    /// only a caller decides it.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it goes on with those that are left.</param>
    /// <returns>How many are sent to once more.</returns>
    /// <exception cref="ArgumentException">There is no broadcast of that name.</exception>
    Task<long> ResendUnknownAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Deletes the recipients of broadcasts that ended before a time; their reports stay, as they are then.</summary>
    /// <param name="endedBefore">The time.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many broadcasts were pruned.</returns>
    Task<int> PruneAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken = default);
}
