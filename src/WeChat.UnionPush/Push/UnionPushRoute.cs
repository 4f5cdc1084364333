using System.Runtime.CompilerServices;

namespace WeChat.UnionPush;

/// <summary>The four journeys of one registration.</summary>
internal sealed class UnionPushRoute(
    string officialAccountAppId,
    string miniProgramAppId,
    IMiniProgramSession session,
    IUnionIdRepository repository,
    ITemplateMessageSender sender,
    FollowerSync sync,
    TimeProvider time) : IUnionPush
{
    public async Task<MiniProgramUser> SignInAsync(string code, EncryptedOpenData? openData = null, CancellationToken cancellationToken = default)
    {
        var asked = time.GetUtcNow();
        var user = await session.SignInAsync(code, cancellationToken).ConfigureAwait(false);
        OpenDataException? untrusted = null;
        if (user.UnionId is null && openData is not null)
        {
            try
            {
                var decrypted = session.Decrypt(user.SessionKey, openData);
                if (decrypted.OpenId is not null && !string.Equals(decrypted.OpenId, user.OpenId, StringComparison.Ordinal))
                {
                    throw new OpenDataException("The open data belongs to another user than the one who signed in.");
                }

                user = user with { UnionId = decrypted.UnionId };
            }
            catch (OpenDataException exception)
            {
                // The code is used up, so the sign-in is kept; what the client sent along is reported.
                untrusted = exception;
            }
        }

        await repository.SaveAsync([new WeChatIdentity(miniProgramAppId, user.OpenId) { UnionId = user.UnionId, ObservedAt = asked, DetailsAt = asked }], cancellationToken).ConfigureAwait(false);
        Telemetry.SignedIn(user.UnionId is not null);
        return untrusted is null ? user : throw untrusted;
    }

    public Task<FollowerSyncReport> SyncFollowersAsync(IProgress<FollowerSyncProgress>? progress = null, bool full = false, CancellationToken cancellationToken = default) =>
        sync.RunAsync(full, progress, cancellationToken);

    public async Task<PushResult> PushAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        ArgumentNullException.ThrowIfNull(message);
        using var activity = Telemetry.StartPush();
        var links = await repository.ResolveAsync(miniProgramAppId, [miniProgramOpenId], officialAccountAppId, cancellationToken).ConfigureAwait(false);
        if (links.Count == 0)
        {
            return Unsent(PushStatus.NotSignedIn, "The Mini Program openid has never signed in here.");
        }

        return links[0].Source.UnionId is null
            ? Unsent(PushStatus.NotLinked, "No UnionID is known of the user.")
            : await SendAsync(links[0].Target, message, cancellationToken).ConfigureAwait(false);
    }

    public async Task<PushResult> PushToUnionIdAsync(string unionId, TemplateMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(unionId);
        ArgumentNullException.ThrowIfNull(message);
        using var activity = Telemetry.StartPush();
        var found = await repository.FindByUnionIdAsync(officialAccountAppId, [unionId], cancellationToken).ConfigureAwait(false);
        return await SendAsync(found.Count == 0 ? null : found[0], message, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(CancellationToken cancellationToken = default) =>
        repository.GetCoverageAsync(miniProgramAppId, officialAccountAppId, cancellationToken);

    private static PushResult Unsent(PushStatus status, string reason)
    {
        Telemetry.Pushed(status);
        return new PushResult(status) { Reason = reason };
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PushResult> SendAsync(WeChatIdentity? recipient, TemplateMessage message, CancellationToken cancellationToken)
    {
        switch (recipient?.FollowState)
        {
            case null:
                return Unsent(PushStatus.NotFollowing, "The user is not known as a follower of the Official Account.");
            case FollowState.NotFollowing:
                return Unsent(PushStatus.NotFollowing, "The user no longer follows the Official Account.");
            case FollowState.Refusing:
                return Unsent(PushStatus.Refused, "The user refuses the Official Account's messages.");
        }

        var asked = time.GetUtcNow();
        var result = await sender.SendAsync(recipient!.OpenId, message, cancellationToken).ConfigureAwait(false);
        Telemetry.Pushed(result.Status);
        if (Learned(result) is { } state)
        {
            await repository.SaveAsync([new WeChatIdentity(officialAccountAppId, recipient.OpenId) { FollowState = state, ObservedAt = asked }], cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>
    /// What a refusal says about the follower, so that the next push needs no call. Not 40003: where it strikes everybody it means a wrong account,
    /// and would empty the repository.
    /// </summary>
    private static FollowState? Learned(PushResult result) => result.ErrorCode?.Value switch
    {
        43004 or 50005 => FollowState.NotFollowing,
        43101 or 48002 or 43019 => FollowState.Refusing,
        _ => null,
    };
}
