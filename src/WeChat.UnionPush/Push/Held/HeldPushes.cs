using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// Messages that wait until their recipient follows. Each is noted before it is tried, and goes out under one message id, which the platform knows again: a
/// try whose outcome is unknown is made again only for as long as it does.
/// </summary>
internal sealed class HeldPushes(string miniProgramAppId, IReachJournal journal, Func<IUnionPush> push, TimeProvider time, ILogger<HeldPushes> logger)
{
    private const int MostRoom = 8000;

    // One machine tries a message at a time, and the platform knows its id for ten minutes.
    private static readonly TimeSpan BusyFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TriedFor = TimeSpan.FromMinutes(9);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Holds a message; one of the same id that is held already is replaced.</summary>
    /// <returns><see langword="false"/> where there is no room for it beside the others of this person.</returns>
    public async ValueTask<bool> AddAsync(string openId, TemplateMessage message, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var added = HeldMessage.Of(message, expiresAt);
        var fits = true;
        await ChangeAsync(
            openId,
            held =>
            {
                // One that is tried just now under the same key stays so with its new text: a key goes out once.
                var tried = held.Find(one => IsSame(one, added.ClientMessageId) && one.BusyUntil > Now);
                List<HeldMessage> next =
                [
                    .. held.Where(one => one.ExpiresAt > Now && !IsSame(one, added.ClientMessageId)),
                    tried is null ? added : added with { BusyUntil = tried.BusyUntil, TriedAt = tried.TriedAt },
                ];
                fits = HeldMessage.Write(next).Length <= MostRoom;
                return fits ? next : held;
            },
            cancellationToken).ConfigureAwait(false);
        return fits;
    }

    /// <summary>Sends what is held for a person, who may have followed now. What still reaches nobody stays held.</summary>
    /// <returns><see langword="false"/> where another machine has one of the messages just now, and may have found nobody yet.</returns>
    /// <exception cref="Exception">A push failed; called again, this goes on.</exception>
    public async Task<bool> SendAsync(string openId, CancellationToken cancellationToken)
    {
        var (isWhole, failures) = (true, new List<Exception>());
        foreach (var id in (await ReadAsync(openId, cancellationToken).ConfigureAwait(false)).Held.ConvertAll(static one => one.ClientMessageId))
        {
            var (message, isBusy) = await BeginAsync(openId, id, cancellationToken).ConfigureAwait(false);
            isWhole &= !isBusy;
            if (message is null)
            {
                continue;
            }

            try
            {
                var result = await push().PushAsync(openId, message.ToMessage(), cancellationToken).ConfigureAwait(false);
                await EndAsync(openId, id, message, IsOver(result.Status)).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Where certainly nothing was sent, it is as if it had not been tried.
                var isCertain = exception is WeChatApiException { OutcomeUnknown: false } or TemplateMessageException or UnionPushStoppingException;
                await EndAsync(openId, id, isCertain ? message : message with { TriedAt = message.TriedAt == 0 ? Now : message.TriedAt }, isOver: false).ConfigureAwait(false);
                failures.Add(exception);
            }
        }

        // One that cannot be sent keeps none from being sent.
        return failures.Count == 0 ? isWhole : throw new AggregateException("What is held for a user could not be sent.", failures);
    }

    /// <summary>Sends what is held, in the background: a sign-in does not wait for it, and its UnionID may be all that was missing.</summary>
    public void SendSoon(string openId, WorkUnderWay work)
    {
        WorkUnderWay.Piece piece;
        try
        {
            // Counted from now on, so that a stop waits for it.
            piece = work.Begin();
        }
        catch (UnionPushStoppingException)
        {
            // It stays held.
            return;
        }

        _ = Task.Run(async () =>
        {
            using var counted = piece;
            try
            {
                await SendAsync(openId, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Log.HeldMessagesNotSent(logger, miniProgramAppId, exception);
            }
        });
    }

    /// <summary>Whether a push that ended so is worth holding: the person may be found once they follow.</summary>
    public static bool IsWorthHolding(PushStatus status) => status is PushStatus.NotSignedIn or PushStatus.NotLinked or PushStatus.NotFollowing;

    private static bool IsOver(PushStatus status) => status is PushStatus.Sent or PushStatus.Duplicate or PushStatus.Unknown;

    private static bool IsSame(HeldMessage one, string id) => string.Equals(one.ClientMessageId, id, StringComparison.Ordinal);

    /// <summary>Takes a message for this machine.</summary>
    /// <returns>The message as it was before; null where it is gone, over, or with another machine.</returns>
    private async ValueTask<(HeldMessage? Message, bool IsBusy)> BeginAsync(string openId, string id, CancellationToken cancellationToken)
    {
        var (begun, isBusy) = ((HeldMessage?)null, false);
        await ReplaceAsync(
            openId,
            id,
            one =>
            {
                (begun, isBusy) = (null, false);
                if (one.ExpiresAt <= Now)
                {
                    return null;
                }

                if (one.BusyUntil > Now)
                {
                    isBusy = true;
                    return one;
                }

                if (one.TriedAt != 0 && Now - one.TriedAt > TriedFor.TotalMilliseconds)
                {
                    // It may have arrived, and the platform would not know it again.
                    Log.HeldMessageGivenUp(logger, miniProgramAppId);
                    return null;
                }

                begun = one;
                return one with { BusyUntil = Now + (long)BusyFor.TotalMilliseconds, TriedAt = one.TriedAt == 0 ? Now : one.TriedAt };
            },
            cancellationToken).ConfigureAwait(false);
        return (begun, isBusy);
    }

    /// <summary>Gives a message back, with the text that it has by now, or lets it go. Never cancelled: what became of it is known only here.</summary>
    private ValueTask EndAsync(string openId, string id, HeldMessage message, bool isOver) =>
        ReplaceAsync(openId, id, one => isOver ? null : one with { BusyUntil = 0, TriedAt = message.TriedAt }, CancellationToken.None);

    private ValueTask ReplaceAsync(string openId, string id, Func<HeldMessage, HeldMessage?> change, CancellationToken cancellationToken) => ChangeAsync(
        openId,
        held =>
        {
            var i = held.FindIndex(one => IsSame(one, id));
            if (i < 0)
            {
                return held;
            }

            var changed = change(held[i]);
            return ReferenceEquals(changed, held[i]) ? held : [.. held[..i], .. changed is null ? (HeldMessage[])[] : [changed], .. held[(i + 1)..]];
        },
        cancellationToken);

    private async ValueTask ChangeAsync(string openId, Func<List<HeldMessage>, List<HeldMessage>> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (note, held) = await ReadAsync(openId, cancellationToken).ConfigureAwait(false);
            var next = change(held);
            if (ReferenceEquals(next, held))
            {
                return;
            }

            // One without messages is over, and deleted with all that are.
            var end = next.Count == 0 ? Now : next.Max(static one => one.ExpiresAt);
            if (await journal.TryWriteAsync(
                miniProgramAppId, ReachKeys.Held(openId), note, HeldMessage.Write(next), DateTimeOffset.FromUnixTimeMilliseconds(end), cancellationToken).ConfigureAwait(false)
                is not null)
            {
                return;
            }
        }
    }

    private async ValueTask<(ReachNote? Note, List<HeldMessage> Held)> ReadAsync(string openId, CancellationToken cancellationToken)
    {
        var note = await journal.FindAsync(miniProgramAppId, ReachKeys.Held(openId), cancellationToken).ConfigureAwait(false);
        return (note, HeldMessage.Read(note?.Value));
    }
}
