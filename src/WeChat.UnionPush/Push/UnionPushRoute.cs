using System.Runtime.CompilerServices;

namespace WeChat.UnionPush;

/// <summary>The journeys of one registration. What a plain push does not need is made when it is first asked for, so that the first push need not wait for it.</summary>
internal sealed class UnionPushRoute(
    RouteApps apps,
    Func<SignIn> signIn,
    IUnionIdRepository repository,
    ITemplateMessageSender sender,
    Func<FollowerSync> sync,
    FollowerCheck check,
    Func<PersonEraser> eraser,
    UnreachableReasons reasons,
    ReachLadder? reach,
    FollowLinkBook? followLinks,
    HeldPushes? held,
    Func<ReachCensus> census,
    Func<RememberedPushes> remembered,
    WorkUnderWay work,
    TimeProvider time) : IUnionPush
{
    public async Task<MiniProgramUser> SignInAsync(string code, EncryptedOpenData? openData = null, CancellationToken cancellationToken = default)
    {
        using var piece = work.Begin();
        var (user, replacedUnionId) = await signIn().RunAsync(code, openData, cancellationToken).ConfigureAwait(false);
        if (replacedUnionId is not null)
        {
            // The apps are bound to another Open Platform account now: the follower whom the old UnionID named has another one too.
            check.AskAbout(new UnionId(replacedUnionId));
        }

        held?.SendSoon(user.OpenId, work);

        return user;
    }

    public Task<FollowerSyncReport> SyncFollowersAsync(IProgress<FollowerSyncProgress>? progress = null, bool full = false, CancellationToken cancellationToken = default) =>
        sync().RunAsync(full, progress, cancellationToken);

    public Task<PushResult> PushAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken = default) =>
        PushToUserAsync(miniProgramOpenId, message, cancellationToken).AsTask();

    public Task<PushResult> PushOnceAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        ArgumentNullException.ThrowIfNull(message);
        return remembered().PushAsync(miniProgramOpenId, message, stop => PushAsync(miniProgramOpenId, message, stop), cancellationToken);
    }

    public Task<PushResult> PushOnceToUnionIdAsync(string unionId, TemplateMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(unionId);
        ArgumentNullException.ThrowIfNull(message);

        // No openid holds a line break, so that the key is no openid's.
        return remembered().PushAsync($"\n{unionId}", message, stop => PushToUnionIdAsync(unionId, message, stop), cancellationToken);
    }

    public async Task<PushResult> PushToUnionIdAsync(string unionId, TemplateMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(unionId);
        ArgumentNullException.ThrowIfNull(message);
        using var piece = work.Begin();
        using var activity = Telemetry.StartPush();
        var found = await repository.FindByUnionIdAsync(apps.OfficialAccount, [unionId], cancellationToken).ConfigureAwait(false);
        var recipient = found.Count > 0 ? found[0]
            : followLinks is null ? null
            : await followLinks.FindFollowerByUnionIdAsync(unionId, cancellationToken).ConfigureAwait(false);
        if (reach?.Serves(message) != true)
        {
            return await SendAsync(recipient, message, cancellationToken).ConfigureAwait(false);
        }

        var sent = message.ClientMessageId is null ? await SendAsync(recipient, message, cancellationToken).ConfigureAwait(false) : null;
        return sent is null || ReachLadder.MayGoOn(sent.Status)
            ? await ReachByUnionIdAsync(unionId, recipient, message, sent, cancellationToken).ConfigureAwait(false)
            : reach is { GoesOnLate: true } ? await reach.AcceptedAsync(unionId, RecipientOf(unionId, recipient), message, sent, cancellationToken).ConfigureAwait(false)
            : sent;
    }

    public async Task<PushResult> HoldUntilLinkedAsync(
        string miniProgramOpenId, TemplateMessage message, TimeSpan holdFor, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(holdFor, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(holdFor, TimeSpan.FromDays(30));
        if (held is null)
        {
            throw new InvalidOperationException("HoldUntilLinkedAsync needs AddFollowLinks() on the same registration.");
        }

        var result = await PushAsync(miniProgramOpenId, message, cancellationToken).ConfigureAwait(false);
        if (!HeldPushes.IsWorthHolding(result.Status))
        {
            return result;
        }

        return await held.AddAsync(miniProgramOpenId, message, time.GetUtcNow() + holdFor, cancellationToken).ConfigureAwait(false)
            ? result with { Status = PushStatus.Held, Reason = $"{result.Reason} The message is held until the user follows." }
            : result with { Reason = $"{result.Reason} It is not held: the messages that are held for the user leave no room for it." };
    }

    public Task<IReadOnlyList<WeChatIdentity>> EraseAsync(string miniProgramOpenId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        return eraser().EraseAsync(new OpenId(apps.MiniProgram, miniProgramOpenId), cancellationToken);
    }

    public Task<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(unionId);
        return eraser().EraseAsync(new UnionId(unionId), cancellationToken);
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(CancellationToken cancellationToken = default) =>
        repository.GetCoverageAsync(apps.MiniProgram, apps.OfficialAccount, cancellationToken);

    public ValueTask<ReachCoverage> GetReachAsync(TemplateMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return census().CountAsync(message, cancellationToken);
    }

    // What a push keeps while it waits is pooled. The caller's task is all that is made anew.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PushResult> PushToUserAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        ArgumentNullException.ThrowIfNull(message);
        using var piece = work.Begin();
        using var activity = Telemetry.StartPush();
        var links = await repository.ResolveAsync(apps.MiniProgram, [miniProgramOpenId], apps.OfficialAccount, cancellationToken).ConfigureAwait(false);
        if (followLinks is not null && links is not [{ Target: not null }])
        {
            links = await WithLinkAsync(miniProgramOpenId, links, cancellationToken).ConfigureAwait(false);
        }

        var link = links.Count == 0 ? null : links[0];
        if (reach?.Serves(message) != true)
        {
            return await SendAsync(link, message, cancellationToken).ConfigureAwait(false);
        }

        // A message with an idempotency key is written down before it is sent. Every other one costs more only when the template message does not arrive.
        var sent = message.ClientMessageId is null ? await SendAsync(link, message, cancellationToken).ConfigureAwait(false) : null;
        return sent is null || ReachLadder.MayGoOn(sent.Status)
            ? await ReachAsync(miniProgramOpenId, link, message, sent, cancellationToken).ConfigureAwait(false)
            : reach is { GoesOnLate: true }
            ? await reach.AcceptedAsync(miniProgramOpenId, RecipientOf(miniProgramOpenId, link), message, sent, cancellationToken).ConfigureAwait(false)
            : sent;
    }

    private static PushResult Unsent(PushStatus status, string reason)
    {
        Telemetry.Pushed(status.Name());
        return new PushResult(status) { Reason = reason };
    }

    // By themselves, for the closure that no push without further channels shall pay for.
    private Task<PushResult> ReachAsync(string openId, IdentityLink? link, TemplateMessage message, PushResult? sent, CancellationToken cancellationToken) => reach!.PushAsync(
        openId,
        RecipientOf(openId, link),
        message,
        sent,
        stop => SendAsync(link, message, stop),
        cancellationToken);

    private Task<PushResult> ReachByUnionIdAsync(string unionId, WeChatIdentity? recipient, TemplateMessage message, PushResult? sent, CancellationToken cancellationToken) =>
        reach!.PushAsync(
            unionId, RecipientOf(unionId, recipient), message, sent, stop => SendAsync(recipient, message, stop), cancellationToken);

    private static ReachRecipient RecipientOf(string openId, IdentityLink? link) =>
        new() { MiniProgramOpenId = openId, UnionId = link?.Source.UnionId, OfficialAccountOpenId = link?.Target?.OpenId };

    private static ReachRecipient RecipientOf(string unionId, WeChatIdentity? recipient) => new() { UnionId = unionId, OfficialAccountOpenId = recipient?.OpenId };

    private ValueTask<PushResult> SendAsync(IdentityLink? link, TemplateMessage message, CancellationToken cancellationToken) => link switch
    {
        { Target: { } target } => SendAsync(target, message, cancellationToken),
        null => new(Unsent(PushStatus.NotSignedIn, "The Mini Program openid has never signed in here.")),
        { Source.UnionId: null } => new(Unsent(PushStatus.NotLinked,
            "No UnionID is known of the user: the Mini Program was not bound to an Open Platform account (open.weixin.qq.com) when the user "
                + "last signed in, or WeChat did not tell it. The next sign-in may bring it.")),
        _ => SendAsync((WeChatIdentity?)null, message, cancellationToken),
    };

    /// <summary>The same with the follower whom a code linked with this user. A list as before, so that a push that needs none is no larger for it.</summary>
    private async ValueTask<IReadOnlyList<IdentityLink>> WithLinkAsync(string openId, IReadOnlyList<IdentityLink> links, CancellationToken cancellationToken)
    {
        var source = links.Count == 0 ? null : links[0].Source;
        return await followLinks!.FindFollowerAsync(openId, source?.UnionId, cancellationToken).ConfigureAwait(false) is { } follower
            ? [new IdentityLink(source ?? new WeChatIdentity(apps.MiniProgram, openId), follower)]
            : links;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PushResult> SendAsync(WeChatIdentity? recipient, TemplateMessage message, CancellationToken cancellationToken)
    {
        switch (recipient?.FollowState)
        {
            case null:
                return Unsent(PushStatus.NotFollowing, await reasons.NotAmongFollowersAsync(cancellationToken).ConfigureAwait(false));
            case FollowState.NotFollowing:
                return Unsent(PushStatus.NotFollowing, "The user no longer follows the Official Account. A new follow is known at the next sync, or at once with AddCallback.");
            case FollowState.Refusing:
                return Unsent(PushStatus.Refused, "The user refuses the Official Account's messages. The next sync lets a push try again.");
        }

        // Later than what is known of the recipient, which was known before the send, whatever the clocks say.
        var now = time.GetUtcNow();
        var asked = now > recipient!.ObservedAt ? now : recipient.ObservedAt;
        var result = await TemplateMessageSender.SendAsync(sender, recipient.OpenId, message, CallPriority.Push, followsLostAnswer: false, cancellationToken)
            .ConfigureAwait(false);
        Telemetry.Pushed(result.Status.Name());
        if (result.ErrorCode is { } errorCode)
        {
            var outcome = SendOutcomes.Of(errorCode.Value, errorMessage: null);
            await LearnAsync(new OpenId(apps.OfficialAccount, recipient.OpenId), outcome, asked, cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>What a refusal says about the follower, so that the next push needs no call.</summary>
    private async ValueTask LearnAsync(OpenId recipient, SendOutcome outcome, DateTimeOffset asked, CancellationToken cancellationToken)
    {
        switch (outcome.Memory)
        {
            case SendMemory.UntilChecked:
                await check.DoubtAsync(recipient, asked, cancellationToken).ConfigureAwait(false);
                break;
            case SendMemory.UntilNextWalk:
                // Nobody who was erased meanwhile comes back by it.
                await repository.SaveAsync(
                    [new WeChatIdentity(recipient.AppId, recipient.Value) { FollowState = outcome.Learned, ObservedAt = asked }], erasuresSeen: 0,
                    cancellationToken).ConfigureAwait(false);
                break;
        }
    }
}
