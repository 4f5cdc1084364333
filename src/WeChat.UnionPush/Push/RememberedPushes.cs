using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>
/// Remembers pushes by their idempotency key for much longer than the platform's ten minutes, on the storage that all machines share. A note says that
/// attempts are under way, that the message went out, or that certainly nothing did.
/// </summary>
internal sealed class RememberedPushes(string officialAccountAppId, string miniProgramAppId, Func<IReachJournal> openJournal, TimeProvider time)
{
    /// <summary>How long a push is remembered.</summary>
    public static readonly TimeSpan KeepsFor = TimeSpan.FromDays(30);

    /// <summary>For how long after the first attempt a message is sent again under its id. The platform knows it for ten minutes; the rest is for clocks that differ.</summary>
    private static readonly TimeSpan ResendsFor = TimeSpan.FromMinutes(9);

    // Two of the old notes go for each new one, so that they never pile up.
    private const int PushesPerExpiry = 256;
    private const int NotesPerExpiry = 512;

    private int _pushes;

    /// <summary>Pushes, unless the same message went out before.</summary>
    /// <param name="recipient">Who is pushed to: a text that nobody else has.</param>
    /// <param name="message">The message, with an idempotency key.</param>
    /// <param name="push">Makes the push.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    public async Task<PushResult> PushAsync(
        string recipient, TemplateMessage message, Func<CancellationToken, Task<PushResult>> push, CancellationToken cancellationToken)
    {
        var id = message.ClientMessageId
            ?? throw new ArgumentException("The message has no idempotency key to be remembered by. Call IdempotencyKey while building it.", nameof(message));
        var key = ReachKeys.Once(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{miniProgramAppId}\n{recipient}\n{id}"))));
        var journal = openJournal();
        if (Interlocked.Increment(ref _pushes) % PushesPerExpiry == 0)
        {
            await journal.ExpireAsync(time.GetUtcNow(), NotesPerExpiry, cancellationToken).ConfigureAwait(false);
        }

        var (state, begun) = await BeginAsync(journal, key, cancellationToken).ConfigureAwait(false);
        if (state.IsSent)
        {
            return Before(state);
        }

        var left = state.FirstAttempt + ResendsFor - time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            return Unknown("An earlier push with this idempotency key came to no known end, too long ago for the platform to know it again. "
                + "It is not made again: look whether the message arrived, and push with another key where it did not.");
        }

        using var limit = new CancellationTokenSource(left, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        PushResult result;
        try
        {
            result = await push(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Unknown("The push did not come to an end while the platform knows it again.");
        }
        catch (Exception exception) when (exception is WeChatApiException { OutcomeUnknown: false } or TemplateMessageException or UnionPushStoppingException)
        {
            await LeaveAsync(journal, key).ConfigureAwait(false);
            throw;
        }

        switch (result.Status)
        {
            case PushStatus.Duplicate when result.ErrorCode is null:
                return await LeaveToAnotherAsync(journal, key, state, begun, result).ConfigureAwait(false);
            case PushStatus.Sent or PushStatus.Duplicate:
                await EndAsync(journal, key, result).ConfigureAwait(false);
                return result;
            case PushStatus.Unknown:
                return result;
            default:
                return await LeaveAsync(journal, key).ConfigureAwait(false)
                    ? result
                    : Unknown($"{result.Reason} Another attempt under the same idempotency key may have arrived, so that this is not the whole truth. Push again.");
        }
    }

    private static PushResult Unknown(string reason) => new(PushStatus.Unknown) { Reason = reason };

    private static PushResult Before(PushNote sent) => new(PushStatus.Duplicate)
    {
        MessageId = sent.MessageId == 0 ? null : sent.MessageId,
        Channel = sent.Channel,
        Reason = "A push with this idempotency key went out before. It is not made again.",
    };

    /// <summary>Writes down that an attempt begins, before it does.</summary>
    /// <returns>What is remembered of the push, and the note of this attempt; no note where none is made.</returns>
    private async ValueTask<(PushNote State, ReachNote? Begun)> BeginAsync(IReachJournal journal, string key, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var stored = await journal.FindAsync(officialAccountAppId, key, cancellationToken).ConfigureAwait(false);
            var state = stored is null ? PushNote.None : PushNote.Read(stored.Value);
            if (state.IsSent || (state.Attempts > 0 && now - state.FirstAttempt >= ResendsFor))
            {
                return (state, null);
            }

            var mine = state.Attempts > 0 ? state with { Attempts = state.Attempts + 1 } : PushNote.None with { Attempts = 1, FirstAttempt = now };
            if (await journal.TryWriteAsync(officialAccountAppId, key, stored, mine.ToString(), now + KeepsFor, cancellationToken).ConfigureAwait(false) is { } begun)
            {
                return (mine, begun);
            }
        }
    }

    /// <summary>
    /// Another push has gone over a further channel, or tries it just now and may yet come to nothing. Where that is another attempt of this one, only it can say
    /// that the message went out.
    /// </summary>
    private async ValueTask<PushResult> LeaveToAnotherAsync(IReachJournal journal, string key, PushNote state, ReachNote? begun, PushResult result)
    {
        var isAlone = state.Attempts == 1 && await journal.TryWriteAsync(
            officialAccountAppId, key, begun, PushNote.Sent(result).ToString(), time.GetUtcNow() + KeepsFor, CancellationToken.None).ConfigureAwait(false) is not null;
        if (isAlone)
        {
            return result;
        }

        await LeaveAsync(journal, key).ConfigureAwait(false);
        return await journal.FindAsync(officialAccountAppId, key, CancellationToken.None).ConfigureAwait(false) is { } note && PushNote.Read(note.Value) is { IsSent: true } sent
            ? Before(sent)
            : Unknown("Another attempt under the same idempotency key is under way, or came to no known end. Push again.");
    }

    /// <summary>Whatever the caller wants by now: the platform has the message, and only this call knows.</summary>
    private ValueTask<bool> EndAsync(IReachJournal journal, string key, PushResult result) => ChangeAsync(
        journal,
        key,
        state => state.IsSent && result.MessageId is null ? state : PushNote.Sent(result));

    /// <summary>An attempt sent certainly nothing.</summary>
    /// <returns>Whether no other attempt may have.</returns>
    private ValueTask<bool> LeaveAsync(IReachJournal journal, string key) =>
        ChangeAsync(journal, key, static state => state.Attempts > 0 ? state with { Attempts = state.Attempts - 1 } : state);

    private async ValueTask<bool> ChangeAsync(IReachJournal journal, string key, Func<PushNote, PushNote> change)
    {
        while (true)
        {
            var stored = await journal.FindAsync(officialAccountAppId, key, CancellationToken.None).ConfigureAwait(false);
            var before = stored is null ? PushNote.None : PushNote.Read(stored.Value);
            var after = change(before);
            if (after == before || await journal.TryWriteAsync(
                officialAccountAppId, key, stored, after.ToString(), time.GetUtcNow() + KeepsFor, CancellationToken.None).ConfigureAwait(false) is not null)
            {
                return after is { Attempts: 0, IsSent: false };
            }
        }
    }

    /// <summary>What is remembered of a push.</summary>
    private readonly record struct PushNote(bool IsSent, PushChannel Channel, long MessageId, int Attempts, DateTimeOffset FirstAttempt)
    {
        public static PushNote None => default;

        public static PushNote Sent(PushResult result) => None with { IsSent = true, Channel = result.Channel, MessageId = result.MessageId ?? 0 };

        public static PushNote Read(string text)
        {
            var parts = text.Split(' ');
            return new(
                parts[0] == "sent", (PushChannel)Number(parts[1]), Number(parts[2]), (int)Number(parts[3]), DateTimeOffset.FromUnixTimeMilliseconds(Number(parts[4])));

            static long Number(string part) => long.Parse(part, CultureInfo.InvariantCulture);
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{(IsSent ? "sent" : "open")} {(int)Channel} {MessageId} {Attempts} {FirstAttempt.ToUnixTimeMilliseconds()}");
    }
}
