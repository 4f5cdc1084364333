using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Everything the library logs, with stable event ids. App ids may appear; tokens, secrets, openids and texts of messages do not.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{ApiPath}: attempt {Attempt}, after: {Reason}")]
    public static partial void CallRepeated(ILogger logger, string apiPath, int attempt, string reason);

    [LoggerMessage(2, LogLevel.Information, "{Client}: left out the handlers that the host puts on every client ({Handlers}). "
        + "WeChat.UnionPush repeats and limits its calls itself; add what is wanted here with ConfigureHttpClient(client => client.AddHttpMessageHandler(...))")]
    public static partial void HandlersLeftOut(ILogger logger, string client, string handlers);

    [LoggerMessage(3, LogLevel.Warning, "A handler on the client sent an attempt of {ApiPath} again, and the repeat was not let through to the network. "
        + "WeChat.UnionPush repeats what may be repeated itself (Http:MaxRetries): take the handler off, such as with ConfigureHttpClient(client => "
        + "client.RemoveAllResilienceHandlers())")]
    public static partial void RepeatNotSent(ILogger logger, string apiPath);

    [LoggerMessage(4, LogLevel.Warning, "{Client}: the settings of the primary handler {Handler} cannot be read, so these are up to it now: that redirects are not followed, "
        + "that nothing is sent twice, that connections are limited and end, that no trace headers are sent, and that diagnostic records show no AppSecret. "
        + "Use UseProxy(...) for a proxy, or ConfigureHttpClient(client => client.UseSocketsHttpHandler((handler, _) => ...)) for anything else, "
        + "and the library sees to them again")]
    public static partial void ForeignPrimaryHandler(ILogger logger, string client, string handler);

    [LoggerMessage(5, LogLevel.Error, "{Registration}: the reloaded options were refused, and those before them serve on: {Problem}")]
    public static partial void OptionsNotReloaded(ILogger logger, string registration, string problem);

    [LoggerMessage(6, LogLevel.Warning, "{Registration}: {Key} in its configuration section is no option. The nearest one is {Nearest}")]
    public static partial void UnknownKey(ILogger logger, string registration, string key, string nearest);

    [LoggerMessage(7, LogLevel.Warning,
        "{Registration}: AddWeChatEventHandler was called without AddCallback, so its handlers never run in this process. Call AddCallback() on the same registration")]
    public static partial void HandlersWithoutCallback(ILogger logger, string registration);

    [LoggerMessage(8, LogLevel.Warning, "{Registration}: AddReceipts was called without AddCallback, so this process never hears what became of its messages. "
        + "Call AddCallback() on the same registration, here or in a process that shares the storage")]
    public static partial void ReceiptsWithoutCallback(ILogger logger, string registration);

    [LoggerMessage(16, LogLevel.Warning, "{Registration}: AddFollowLinks was called without AddCallback, so this process never hears who scanned a code. "
        + "Call AddCallback() on the same registration, here or in a process that shares the storage")]
    public static partial void LinksWithoutCallback(ILogger logger, string registration);

    [LoggerMessage(9, LogLevel.Warning, "The registration {Registration} stopped with sends or sign-ins under way that did not end within {Seconds} s (StopTimeout). "
        + "Those that waited for their turn were turned away; the others end with the time limits of their calls")]
    public static partial void StoppedWithWorkUnderWay(ILogger logger, string registration, double seconds);

    [LoggerMessage(10, LogLevel.Information, "Fetched an access token of {AppId} ({Channel}); it lasts until {ExpiresAt}")]
    public static partial void TokenFetched(ILogger logger, string appId, string channel, DateTimeOffset expiresAt);

    [LoggerMessage(11, LogLevel.Warning, "The platform refused the access token of {AppId} before its end; asking for another")]
    public static partial void TokenRefused(ILogger logger, string appId);

    [LoggerMessage(12, LogLevel.Warning, "The access token of {AppId} could not be replaced early and serves on: {Reason}")]
    public static partial void EarlyRefreshFailed(ILogger logger, string appId, string reason);

    [LoggerMessage(13, LogLevel.Warning, "The platform keeps returning the refused access token of {AppId}; forcing a new one ({Count} of {Limit} today)")]
    public static partial void TokenForced(ILogger logger, string appId, int count, int limit);

    [LoggerMessage(14, LogLevel.Warning, "The shared store of access tokens failed for {AppId}; going on without it")]
    public static partial void StoreFailed(ILogger logger, string appId, Exception exception);

    [LoggerMessage(15, LogLevel.Warning, "The classic access token of {AppId} was replaced {Count} times within an hour by somebody else who calls /cgi-bin/token. "
        + "Use the stable channel (AccessToken:Channel = Stable), or let one place fetch tokens and give them to the others with UseAccessTokenProvider")]
    public static partial void SecondTokenOwner(ILogger logger, string appId, int count);

    [LoggerMessage(20, LogLevel.Information, "Follower sync of {AppId} began{Resumed}")]
    public static partial void SyncBegan(ILogger logger, string appId, string resumed);

    [LoggerMessage(21, LogLevel.Information, "Follower sync of {AppId} ended ({Outcome}): {Listed} listed, {Detailed} asked for, {Left} left, {Calls} calls")]
    public static partial void SyncEnded(ILogger logger, string appId, string outcome, long listed, long detailed, long left, int calls);

    [LoggerMessage(22, LogLevel.Warning, "Follower sync of {AppId} saw {Seen} people where the platform counts {Total}, and {Unseen} known followers were not among them; "
        + "nobody is marked as having left until the next sync walks again and agrees")]
    public static partial void WalkIncomplete(ILogger logger, string appId, long seen, long total, long unseen);

    [LoggerMessage(23, LogLevel.Warning, "{Count} followers of {AppId} carry another UnionID than before. Is the account bound to another Open Platform account now?")]
    public static partial void UnionIdsChanged(ILogger logger, string appId, int count);

    [LoggerMessage(24, LogLevel.Error, "Scheduled follower sync of {AppId} failed; it is tried again in {Wait}")]
    public static partial void ScheduledSyncFailed(ILogger logger, string appId, TimeSpan wait, Exception exception);

    [LoggerMessage(25, LogLevel.Warning, "No follower of {AppId} has a UnionID. Bind the Official Account and the Mini Program to one Open Platform account at open.weixin.qq.com")]
    public static partial void NoUnionIds(ILogger logger, string appId);

    [LoggerMessage(27, LogLevel.Warning, "{Unlinked} of {Followers} followers of {AppId} have no UnionID, so nobody can be told to be one of them. "
        + "Where the account was bound to its Open Platform account lately, a full sync brings them")]
    public static partial void SomeUnlinked(ILogger logger, string appId, long unlinked, long followers);

    [LoggerMessage(28, LogLevel.Warning, "Followers of {AppId} could not be asked for after a refusal or a changed UnionID; what was learned of them is forgotten")]
    public static partial void FollowerCheckFailed(ILogger logger, string appId, Exception exception);

    [LoggerMessage(26, LogLevel.Warning, "The templates of {AppId} could not be listed, so a message was checked by its keys' types alone: {Reason}")]
    public static partial void CatalogUnavailable(ILogger logger, string appId, string reason);

    [LoggerMessage(30, LogLevel.Warning, "{Failed} of {Count} WeChat events could not be handled and are tried again later; the first failed in {Step} with:")]
    public static partial void EventsFailed(ILogger logger, int failed, int count, string? step, Exception? exception);

    [LoggerMessage(31, LogLevel.Error, "A WeChat event ({EventName}) of {AppId} could not be handled in {Attempts} attempts and is set aside; the last failed in {Step} with:")]
    public static partial void EventBuried(ILogger logger, string? eventName, string appId, int attempts, string? step, Exception? exception);

    [LoggerMessage(32, LogLevel.Warning, "The inbox of WeChat events failed; it is asked again in a moment")]
    public static partial void InboxFailed(ILogger logger, Exception exception);

    [LoggerMessage(33, LogLevel.Warning,
        "The receipt of an accepted message of {AppId} could not be written down; what becomes of the message will lack what the host knows of it")]
    public static partial void ReceiptNotSaved(ILogger logger, string appId, Exception? exception);

    [LoggerMessage(35, LogLevel.Warning,
        "What the platform answered to a subscribe message of {AppId} could not be written into the ledger of consents, which now counts one too few or too many")]
    public static partial void ConsentNotSaved(ILogger logger, string appId, Exception exception);

    [LoggerMessage(36, LogLevel.Warning, "A follow link of {AppId} was refused, and nobody was linked by it: {Reason}")]
    public static partial void LinkRefused(ILogger logger, string appId, string reason);

    [LoggerMessage(37, LogLevel.Warning, "A held message to a user of {AppId} may have been sent before this process or another one stopped; it is not sent again")]
    public static partial void HeldMessageGivenUp(ILogger logger, string appId);

    [LoggerMessage(38, LogLevel.Warning, "What is held for a user of {AppId} could not be sent at the sign-in; it stays held until the user follows")]
    public static partial void HeldMessagesNotSent(ILogger logger, string appId, Exception exception);

    [LoggerMessage(34, LogLevel.Warning, "Old {What} could not be deleted; it is tried again in ten minutes")]
    public static partial void ExpiryFailed(ILogger logger, string what, Exception exception);

    [LoggerMessage(50, LogLevel.Information, "The broadcast {Name} of {AppId} was planned: {Recipients} recipients, {Unreachable} of whom cannot be reached")]
    public static partial void BroadcastPlanned(ILogger logger, string name, string appId, long recipients, long unreachable);

    [LoggerMessage(51, LogLevel.Information, "The broadcast {Name} of {AppId} is finished: {Sent} of {Recipients} sent, {Unknown} unknown")]
    public static partial void BroadcastFinished(ILogger logger, string name, string appId, long recipients, long sent, long unknown);

    [LoggerMessage(52, LogLevel.Error, "The broadcast {Name} of {AppId} stopped: {Reason} Call ResumeAsync when it is mended")]
    public static partial void BroadcastStopped(ILogger logger, string name, string appId, string reason);

    [LoggerMessage(56, LogLevel.Error, "The template {TemplateId} of the broadcast {Name} of {AppId} is left out, and others go on: {Reason} Call ResumeAsync when it is mended")]
    public static partial void BroadcastTemplateStopped(ILogger logger, string templateId, string name, string appId, string reason);

    [LoggerMessage(53, LogLevel.Warning, "The broadcast {Name} of {AppId} waits {Wait}: {Reason}")]
    public static partial void BroadcastWaits(ILogger logger, string name, string appId, TimeSpan wait, string reason);

    [LoggerMessage(54, LogLevel.Error, "The broadcasts of {AppId} were disturbed; this process goes on in a moment")]
    public static partial void BroadcastFailed(ILogger logger, string appId, Exception exception);

    [LoggerMessage(55, LogLevel.Warning, "The quota of {AppId} could not be asked for, so a broadcast goes on until the platform refuses: {Reason}")]
    public static partial void QuotaUnknown(ILogger logger, string appId, string reason);

    // The request comes from anybody, so nothing of it is worth a place in the log but what was signed.
    [LoggerMessage(40, LogLevel.Warning, "Refused a request at the WeChat callback URL ({Refusal}): {Explanation}")]
    public static partial void CallbackRefused(ILogger logger, string refusal, string explanation);

    [LoggerMessage(41, LogLevel.Warning, "The inbox of WeChat events is full; the platform was asked to try again")]
    public static partial void CallbackInboxFull(ILogger logger);

    [LoggerMessage(42, LogLevel.Warning, "A WeChat push could not be kept in time; the platform was asked to try again")]
    public static partial void CallbackTooSlow(ILogger logger);

    [LoggerMessage(43, LogLevel.Error, "A WeChat push could not be kept; the platform was asked to try again")]
    public static partial void CallbackFailed(ILogger logger, Exception exception);

    [LoggerMessage(44, LogLevel.Warning, "Left {Count} more lines like the last one on {Kind} out of the log: requests at the WeChat callback URL within a minute")]
    public static partial void CallbackLinesLeftOut(ILogger logger, long count, string kind);

    [LoggerMessage(45, LogLevel.Warning, "WeChat verified the callback URL, but {Explanation}")]
    public static partial void CallbackClockOff(ILogger logger, string explanation);
}
