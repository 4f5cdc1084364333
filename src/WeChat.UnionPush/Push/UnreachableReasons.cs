namespace WeChat.UnionPush;

/// <summary>Says why a user cannot be found among the Official Account's followers, as far as the last walk tells, and what mends it.</summary>
internal sealed class UnreachableReasons(string officialAccountAppId, IFollowerSyncStore syncs, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private const string Never =
        "The user is not known as a follower of the Official Account: never followed it, or followed since the last sync. AddCallback tells at once who follows.";

    // When that was found, by the clock's ticks; 0 when not.
    private long _nothingElseAt;

    /// <summary>Why nobody among the followers carries the user's UnionID.</summary>
    public async ValueTask<string> NotAmongFollowersAsync(CancellationToken cancellationToken)
    {
        // Where the followers are known and linked, a push that cannot be sent is no reason to read the same row again and again.
        if (Volatile.Read(ref _nothingElseAt) is var at && at > 0 && time.GetElapsedTime(at) <= Fresh)
        {
            return Never;
        }

        var reason = await ReadAsync(cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _nothingElseAt, ReferenceEquals(reason, Never) ? time.GetTimestamp() : 0);
        return reason;
    }

    private async ValueTask<string> ReadAsync(CancellationToken cancellationToken)
    {
        FollowerSyncState? state;
        try
        {
            state = await syncs.GetAsync(officialAccountAppId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return "The user is not known as a follower of the Official Account.";
        }

        return state switch
        {
            null or { CompletedAt: null } =>
                "The user is not known as a follower of the Official Account, and its followers were never listed to the end here, so that the user may follow all the same. "
                    + "Call SyncFollowersAsync, or AddFollowerSync while registering, and push again.",
            { Unlinked: > 0 } =>
                $"The user's UnionID is not known among the followers of the Official Account, and {state.Unlinked} of them have no UnionID, "
                    + "so that the user may be one of them. Bind the Official Account and the Mini Program to one Open Platform account (open.weixin.qq.com), "
                    + "then call SyncFollowersAsync(full: true).",
            _ => Never,
        };
    }
}
