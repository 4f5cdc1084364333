using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>
/// Tries one channel after the other, as long as each one before it did not serve for a reason of the recipient's. Whatever may have arrived ends the push.
/// A message with an idempotency key is written down before each channel is tried, so that the same push, from any machine, goes over no other channel.
/// </summary>
internal sealed class ReachLadder(
    string officialAccountAppId, string miniProgramAppId, IReadOnlyList<ReachRung> rungs, IReachJournal journal, IUnionIdRepository repository, TimeSpan keepKeysFor,
    LateReach? late, FollowLinkBook? followLinks, TimeProvider time)
{
    /// <summary>Whether a message goes on where the platform tells after its acceptance that it did not arrive.</summary>
    public bool GoesOnLate => late is not null;

    /// <summary>The channels after the template message, in order.</summary>
    public IReadOnlyList<PushChannel> Channels { get; } = [.. rungs.Select(static rung => rung.Channel)];

    /// <summary>For how long it is known on which channel a message was tried.</summary>
    public TimeSpan KeepsClaimsFor => keepKeysFor;

    /// <summary>Whether a message has something for at least one channel.</summary>
    /// <exception cref="TemplateMessageException">A value of a further message does not fit; nothing was sent.</exception>
    public bool Serves(TemplateMessage message)
    {
        var serves = false;
        for (var i = 0; i < rungs.Count; i++)
        {
            serves |= rungs[i].Check(message);
        }

        return serves;
    }

    /// <summary>The same where what does not fit is told at the send.</summary>
    public bool MayServe(TemplateMessage message)
    {
        try
        {
            return Serves(message);
        }
        catch (TemplateMessageException)
        {
            return true;
        }
    }

    /// <summary>Whether the recipient is the reason, and certainly nothing arrived.</summary>
    public static bool MayGoOn(PushStatus status) => status is PushStatus.NotSignedIn or PushStatus.NotLinked or PushStatus.NotFollowing or PushStatus.Refused
        or PushStatus.TooFrequent or PushStatus.NotSubscribed or PushStatus.WindowClosed;

    /// <summary>Pushes on the first channel that serves.</summary>
    /// <param name="pushed">The id that the host pushed to.</param>
    /// <param name="recipient">The person, as far as is known.</param>
    /// <param name="message">The message.</param>
    /// <param name="sent">What the template message came to, where it was tried already and did not serve: that of a message without an idempotency key.</param>
    /// <param name="sendTemplate">Sends the template message, or says why not.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    public async Task<PushResult> PushAsync(
        string pushed, ReachRecipient recipient, TemplateMessage message, PushResult? sent, Func<CancellationToken, ValueTask<PushResult>> sendTemplate,
        CancellationToken cancellationToken)
    {
        var key = message.ClientMessageId is { } id ? KeyOf(pushed, id) : null;
        var claim = new ReachClaim(journal, officialAccountAppId, key, time.GetUtcNow() + keepKeysFor);
        if (await claim.TakeAsync(cancellationToken).ConfigureAwait(false) is { } earlier)
        {
            return new PushResult(PushStatus.Duplicate)
            {
                Channel = earlier,
                Reason = $"A push with this idempotency key went out on the channel {earlier} before, or may have. It is not sent again, on this channel or another.",
            };
        }

        var attempts = new List<ReachAttempt>();
        var template = sent ?? await TryAsync(claim, PushChannel.TemplateMessage, () => sendTemplate(cancellationToken).AsTask()).ConfigureAwait(false);
        if (!MayGoOn(template.Status))
        {
            return await AcceptedAsync(pushed, recipient, message, template, cancellationToken).ConfigureAwait(false);
        }

        attempts.Add(Attempt(PushChannel.TemplateMessage, template));
        var result = await ClimbAsync(claim, pushed, recipient, message, attempts, rungs, cancellationToken).ConfigureAwait(false);
        return claim.IsLeftToOthers
            ? template with { Reason = $"{template.Reason} A push with this idempotency key may have arrived as a template message before, so no other channel is tried." }
            : result ?? template with { Attempts = attempts };
    }

    /// <summary>Goes on for a recipient of a broadcast, whose template message certainly did not arrive. The key is the message's id alone.</summary>
    /// <param name="recipient">The person, as far as is known.</param>
    /// <param name="message">The message, with an id that no other recipient's has.</param>
    /// <param name="template">What the template message came to.</param>
    /// <returns>The result of the channel that served; that of the template message where none did; unknown where another machine tries the channels.</returns>
    public async Task<PushResult> GoOnAsync(ReachRecipient recipient, TemplateMessage message, PushResult template)
    {
        var claim = new ReachClaim(journal, officialAccountAppId, BroadcastKeyOf(message.ClientMessageId!), time.GetUtcNow() + keepKeysFor);
        List<ReachAttempt> attempts = [Attempt(PushChannel.TemplateMessage, template)];
        var result = await ClimbAsync(claim, pushed: null, recipient, message, attempts, rungs, CancellationToken.None).ConfigureAwait(false);
        return result is { Status: PushStatus.Duplicate } ? result with { Status = PushStatus.Unknown } : result ?? template with { Attempts = attempts };
    }

    /// <summary>Finds on which channel messages of broadcasts were tried last, and may have arrived.</summary>
    /// <param name="messageIds">The messages' ids.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The channels by message id; nobody has tried a channel for those that are left out, or it is certain that nothing arrived.</returns>
    public async ValueTask<IReadOnlyDictionary<string, PushChannel>> FindClaimsAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken)
    {
        var ids = messageIds.ToDictionary(BroadcastKeyOf, static id => id, StringComparer.Ordinal);
        var notes = await journal.FindAsync(officialAccountAppId, ids.Keys, cancellationToken).ConfigureAwait(false);
        return notes.ToDictionary(note => ids[note.Key], static note => ReachClaim.ChannelOf(note.Value.Value), StringComparer.Ordinal);
    }

    /// <summary>Lets messages of broadcasts be tried anew.</summary>
    /// <param name="messageIds">The messages' ids.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public ValueTask ForgetClaimsAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        journal.DeleteAsync(officialAccountAppId, [.. messageIds.Select(BroadcastKeyOf)], cancellationToken);

    /// <summary>Notes an accepted message, where it may go on later.</summary>
    /// <param name="pushed">The id that the host pushed to.</param>
    /// <param name="recipient">The person.</param>
    /// <param name="message">The message.</param>
    /// <param name="result">What it came to.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The same result; that of the next channel where the platform has told already that the message did not arrive.</returns>
    public async ValueTask<PushResult> AcceptedAsync(
        string pushed, ReachRecipient recipient, TemplateMessage message, PushResult result, CancellationToken cancellationToken)
    {
        var openId = result.Channel == PushChannel.SubscribeMessage ? recipient.MiniProgramOpenId : recipient.OfficialAccountOpenId;
        if (late is null || openId is null || result is not { IsSent: true, MessageId: { } messageId })
        {
            return result;
        }

        var noted = new LateMessage
        {
            Pushed = pushed,
            IsUnionId = string.Equals(pushed, recipient.UnionId, StringComparison.Ordinal),
            Channel = result.Channel,
            Message = StoredMessage.Of(message),
        };
        return await late.NoteAsync(noted, openId, messageId, cancellationToken).ConfigureAwait(false)
            ? await GoOnAsync(noted, cancellationToken).ConfigureAwait(false) ?? result
            : result;
    }

    /// <summary>The platform tells that an accepted message did not arrive.</summary>
    public async Task FailedAsync(string appId, string openId, long messageId, CancellationToken cancellationToken)
    {
        if (late is not null && await late.FailAsync(appId, openId, messageId, cancellationToken).ConfigureAwait(false) is { } message)
        {
            await GoOnAsync(message, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Goes on after the channel that did not serve.</summary>
    /// <returns>The result of the channel that served; null where none did, nothing is known of the person any more, or another push with the same key went on.</returns>
    private async Task<PushResult?> GoOnAsync(LateMessage accepted, CancellationToken cancellationToken)
    {
        if (await RecipientAsync(accepted, cancellationToken).ConfigureAwait(false) is not { } recipient)
        {
            return null;
        }

        var message = accepted.Message.ToMessage();
        var claim = new ReachClaim(journal, officialAccountAppId, message.ClientMessageId is { } id ? KeyOf(accepted.Pushed, id) : null, time.GetUtcNow() + keepKeysFor);
        if (!await claim.ResumeAsync(accepted.Channel, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var attempts = new List<ReachAttempt>
        {
            new(accepted.Channel, PushStatus.Refused) { Reason = "The platform accepted the message and told later that it did not arrive." },
        };
        var next = rungs.Select(static (rung, i) => (rung.Channel, Next: i + 1)).FirstOrDefault(rung => rung.Channel == accepted.Channel).Next;
        return await ClimbAsync(claim, accepted.Pushed, recipient, message, attempts, rungs.Skip(next), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ReachRecipient?> RecipientAsync(LateMessage accepted, CancellationToken cancellationToken)
    {
        if (accepted.IsUnionId)
        {
            var found = await repository.FindByUnionIdAsync(officialAccountAppId, [accepted.Pushed], cancellationToken).ConfigureAwait(false);
            var named = found.Count > 0 ? found[0]
                : followLinks is null ? null
                : await followLinks.FindFollowerByUnionIdAsync(accepted.Pushed, cancellationToken).ConfigureAwait(false);
            return named is null ? null : new ReachRecipient { UnionId = accepted.Pushed, OfficialAccountOpenId = named.OpenId };
        }

        var links = await repository.ResolveAsync(miniProgramAppId, [accepted.Pushed], officialAccountAppId, cancellationToken).ConfigureAwait(false);
        var (user, follower) = links.Count == 0 ? (null, null) : (links[0].Source, links[0].Target);
        if (follower is null && followLinks is not null)
        {
            follower = await followLinks.FindFollowerAsync(accepted.Pushed, user?.UnionId, cancellationToken).ConfigureAwait(false);
        }

        return user is null && follower is null
            ? null
            : new ReachRecipient { MiniProgramOpenId = accepted.Pushed, UnionId = user?.UnionId, OfficialAccountOpenId = follower?.OpenId };
    }

    /// <summary>Tries channels until one serves. Where nothing was pushed by an id, an accepted message does not go on later.</summary>
    /// <returns>Null where none does.</returns>
    private async Task<PushResult?> ClimbAsync(
        ReachClaim claim, string? pushed, ReachRecipient recipient, TemplateMessage message, List<ReachAttempt> attempts, IEnumerable<ReachRung> channels,
        CancellationToken cancellationToken)
    {
        recipient = await CompleteAsync(recipient, cancellationToken).ConfigureAwait(false);
        foreach (var rung in channels.Where(rung => rung.Check(message)))
        {
            if (!await claim.MoveAsync(rung.Channel, cancellationToken).ConfigureAwait(false))
            {
                return new PushResult(PushStatus.Duplicate)
                {
                    Channel = rung.Channel,
                    Attempts = attempts,
                    Reason = "Another push with the same idempotency key went on meanwhile, so this one stopped.",
                };
            }

            var result = await TryAsync(claim, rung.Channel, () => rung.SendAsync(recipient with { Attempts = [.. attempts] }, message, cancellationToken)).ConfigureAwait(false);
            if (!MayGoOn(result.Status))
            {
                result = result with { Channel = rung.Channel, Attempts = attempts };
                return pushed is null ? result : await AcceptedAsync(pushed, recipient, message, result, cancellationToken).ConfigureAwait(false);
            }

            attempts.Add(Attempt(rung.Channel, result));
        }

        await claim.EndAsync().ConfigureAwait(false);
        return null;
    }

    private static ReachAttempt Attempt(PushChannel channel, PushResult result) => new(channel, result.Status) { Reason = result.Reason, ErrorCode = result.ErrorCode };

    private static async ValueTask<PushResult> TryAsync(ReachClaim claim, PushChannel channel, Func<Task<PushResult>> send)
    {
        try
        {
            return await send().ConfigureAwait(false);
        }
        catch (Exception exception) when (channel != PushChannel.Fallback && IsCertain(exception))
        {
            // Certainly nothing was sent, so that the same push can be made anew once the fault is mended.
            await claim.EndAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static bool IsCertain(Exception exception) => exception is WeChatApiException { OutcomeUnknown: false } or TemplateMessageException or UnionPushStoppingException;

    /// <summary>The same on every machine, and nothing that names a person.</summary>
    private string KeyOf(string pushed, string clientMessageId) => ReachKeys.Message(Convert.ToHexString(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{miniProgramAppId}\n{pushed}\n{clientMessageId}")))));

    private string BroadcastKeyOf(string messageId) => KeyOf(pushed: "", messageId);

    /// <summary>A push by UnionID looks the Mini Program's openid up only when a channel needs it.</summary>
    private async ValueTask<ReachRecipient> CompleteAsync(ReachRecipient recipient, CancellationToken cancellationToken)
    {
        if (recipient is not { MiniProgramOpenId: null, UnionId: { } unionId }
            || !rungs.Any(static rung => rung.Channel is PushChannel.SubscribeMessage or PushChannel.Fallback))
        {
            return recipient;
        }

        var found = await repository.FindByUnionIdAsync(miniProgramAppId, [unionId], cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? recipient : recipient with { MiniProgramOpenId = found[0].OpenId };
    }
}
