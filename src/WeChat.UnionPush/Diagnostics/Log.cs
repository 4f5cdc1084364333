using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Everything the library logs, with stable event ids. App ids may appear; tokens, secrets, openids and texts of messages do not.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{ApiPath}: attempt {Attempt}, after: {Reason}")]
    public static partial void CallRepeated(ILogger logger, string apiPath, int attempt, string reason);

    [LoggerMessage(10, LogLevel.Information, "Fetched an access token of {AppId} ({Channel}); it lasts until {ExpiresAt}")]
    public static partial void TokenFetched(ILogger logger, string appId, AccessTokenChannel channel, DateTimeOffset expiresAt);

    [LoggerMessage(11, LogLevel.Warning, "The platform refused the access token of {AppId} before its end; asking for another")]
    public static partial void TokenRefused(ILogger logger, string appId);

    [LoggerMessage(12, LogLevel.Warning, "The access token of {AppId} could not be replaced early and serves on: {Reason}")]
    public static partial void EarlyRefreshFailed(ILogger logger, string appId, string reason);

    [LoggerMessage(13, LogLevel.Warning, "The platform keeps returning the refused access token of {AppId}; forcing a new one ({Count} of {Limit} today)")]
    public static partial void TokenForced(ILogger logger, string appId, int count, int limit);

    [LoggerMessage(14, LogLevel.Warning, "The shared store of access tokens failed for {AppId}; going on without it")]
    public static partial void StoreFailed(ILogger logger, string appId, Exception exception);

    [LoggerMessage(15, LogLevel.Warning, "The classic access token of {AppId} was replaced {Count} times within an hour by somebody else who calls /cgi-bin/token. Use the stable channel (AccessToken:Channel = Stable), or let one place fetch tokens and give them to the others with UseAccessTokenProvider")]
    public static partial void SecondTokenOwner(ILogger logger, string appId, int count);

    [LoggerMessage(20, LogLevel.Information, "Follower sync of {AppId} began{Resumed}")]
    public static partial void SyncBegan(ILogger logger, string appId, string resumed);

    [LoggerMessage(21, LogLevel.Information, "Follower sync of {AppId} ended ({Outcome}): {Listed} listed, {Detailed} asked for, {Left} left, {Calls} calls")]
    public static partial void SyncEnded(ILogger logger, string appId, FollowerSyncOutcome outcome, long listed, long detailed, long left, int calls);

    [LoggerMessage(22, LogLevel.Warning, "Follower sync of {AppId} listed {Listed} of {Total} followers; nobody is marked as having left, and the next sync walks again")]
    public static partial void WalkIncomplete(ILogger logger, string appId, long listed, long total);

    [LoggerMessage(23, LogLevel.Warning, "{Count} followers of {AppId} carry another UnionID than before. Is the account bound to another Open Platform account now?")]
    public static partial void UnionIdsChanged(ILogger logger, string appId, int count);

    [LoggerMessage(24, LogLevel.Error, "Scheduled follower sync of {AppId} failed; it is tried again at its next time")]
    public static partial void ScheduledSyncFailed(ILogger logger, string appId, Exception exception);

    [LoggerMessage(25, LogLevel.Warning, "No follower of {AppId} has a UnionID. Bind the Official Account and the Mini Program to one Open Platform account at open.weixin.qq.com")]
    public static partial void NoUnionIds(ILogger logger, string appId);

    [LoggerMessage(26, LogLevel.Warning, "The templates of {AppId} could not be listed, so a message was checked by its keys' types alone: {Reason}")]
    public static partial void CatalogUnavailable(ILogger logger, string appId, string reason);

    [LoggerMessage(30, LogLevel.Warning, "{Failed} of {Count} WeChat events could not be handled and are tried again later; the first failed with:")]
    public static partial void EventsFailed(ILogger logger, int failed, int count, Exception? exception);

    [LoggerMessage(31, LogLevel.Error, "A WeChat event ({EventName}) of {AppId} could not be handled in {Attempts} attempts and is set aside; the last failed with:")]
    public static partial void EventBuried(ILogger logger, string? eventName, string appId, int attempts, Exception? exception);

    [LoggerMessage(32, LogLevel.Warning, "The inbox of WeChat events failed; it is asked again in a moment")]
    public static partial void InboxFailed(ILogger logger, Exception exception);

    [LoggerMessage(33, LogLevel.Warning, "The receipt of an accepted message of {AppId} could not be written down; what becomes of the message will lack what the host knows of it")]
    public static partial void ReceiptNotSaved(ILogger logger, string appId, Exception? exception);

    // The request comes from anybody, so nothing of it is worth a place in the log.
    [LoggerMessage(40, LogLevel.Warning, "A request at the WeChat callback URL was refused: {Refusal}")]
    public static partial void CallbackRefused(ILogger logger, WeChatCallbackRefusal refusal);

    [LoggerMessage(41, LogLevel.Warning, "The inbox of WeChat events is full; the platform was asked to try again")]
    public static partial void CallbackInboxFull(ILogger logger);
}
