using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>
/// The note of a push with an idempotency key, which says which channel is being tried. A push without a key has none. Any number of attempts, from any machine,
/// may try the template message at once, for the platform knows it again. The note counts those of which it is not certain that nothing arrived, and only the
/// last one goes on to the further channels.
/// </summary>
internal sealed class ReachClaim(IReachJournal journal, string appId, string? key, DateTimeOffset until)
{
    private ReachNote? _note;
    private bool _isResumed;

    /// <summary>Whether this push stopped because another attempt may have arrived as a template message.</summary>
    public bool IsLeftToOthers { get; private set; }

    private bool IsTemplate => _note is not null && ChannelOf(_note.Value) == PushChannel.TemplateMessage;

    public static PushChannel ChannelOf(string note) => (PushChannel)Number(note.Split(' ')[0]);

    /// <summary>Takes the key for this push, or takes part in trying the template message.</summary>
    /// <returns>Null when it does; otherwise the further channel that an earlier push with the same key tried last.</returns>
    public async ValueTask<PushChannel?> TakeAsync(CancellationToken cancellationToken)
    {
        while (key is not null && (_note = await WriteAsync(null, PushChannel.TemplateMessage, cancellationToken).ConfigureAwait(false)) is null)
        {
            // It may have ended in between.
            if (await FindAsync(cancellationToken).ConfigureAwait(false) is not { } earlier)
            {
                continue;
            }

            if (ChannelOf(earlier.Value) is var channel && channel != PushChannel.TemplateMessage)
            {
                return channel;
            }

            _note = await WriteAsync(earlier, Template(AttemptsOf(earlier.Value) + 1), until, cancellationToken).ConfigureAwait(false);
            if (_note is not null)
            {
                break;
            }
        }

        return null;
    }

    /// <summary>Takes the key again where an accepted message goes on; false where it is another push's meanwhile.</summary>
    public async ValueTask<bool> ResumeAsync(PushChannel channel, CancellationToken cancellationToken)
    {
        if (key is null)
        {
            return true;
        }

        // All attempts were for the one message that did not arrive.
        _isResumed = true;
        _note = await FindAsync(cancellationToken).ConfigureAwait(false);
        return _note is not null && ChannelOf(_note.Value) == channel;
    }

    /// <summary>Writes down the channel that is tried next; false where somebody else has the key, or another attempt may have arrived.</summary>
    public async ValueTask<bool> MoveAsync(PushChannel channel, CancellationToken cancellationToken)
    {
        if (key is null)
        {
            return true;
        }

        while (true)
        {
            if (IsTemplate && !_isResumed && AttemptsOf(_note!.Value) > 1)
            {
                if (await TryLeaveAsync().ConfigureAwait(false))
                {
                    IsLeftToOthers = true;
                    return false;
                }
            }
            else if (await WriteAsync(_note, channel, cancellationToken).ConfigureAwait(false) is { } moved)
            {
                _note = moved;
                return true;
            }

            // Others begin and end attempts, so that this may be the last one by now; on a further channel there are none.
            if (!IsTemplate || !await ReadAgainAsync(cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }
    }

    /// <summary>Certainly nothing arrived by this attempt: the key is free again, unless another may have arrived.</summary>
    public ValueTask EndAsync() => key is null ? default : IsTemplate ? LeaveAsync() : journal.DeleteAsync(appId, [key], CancellationToken.None);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static int AttemptsOf(string note) => note.Split(' ') is [_, var attempts] ? Number(attempts) : 1;

    private static string Template(int attempts) => string.Create(CultureInfo.InvariantCulture, $"{(int)PushChannel.TemplateMessage} {attempts}");

    private async ValueTask LeaveAsync()
    {
        while (!await TryLeaveAsync().ConfigureAwait(false) && await ReadAgainAsync(CancellationToken.None).ConfigureAwait(false))
        {
        }
    }

    /// <summary>Takes this attempt out of the note; false where others have changed it meanwhile.</summary>
    private async ValueTask<bool> TryLeaveAsync()
    {
        // One that has expired is as good as none, and unlike a deletion is written only where nobody has begun an attempt meanwhile.
        var others = AttemptsOf(_note!.Value) - 1;
        return await WriteAsync(_note, Template(others), others > 0 ? until : DateTimeOffset.UnixEpoch, CancellationToken.None).ConfigureAwait(false) is not null;
    }

    /// <summary>Reads the note that others have changed; false where the template message is not tried any more.</summary>
    private async ValueTask<bool> ReadAgainAsync(CancellationToken cancellationToken)
    {
        _note = await FindAsync(cancellationToken).ConfigureAwait(false);
        return IsTemplate;
    }

    private ValueTask<ReachNote?> FindAsync(CancellationToken cancellationToken) => journal.FindAsync(appId, key!, cancellationToken);

    private ValueTask<ReachNote?> WriteAsync(ReachNote? before, PushChannel channel, CancellationToken cancellationToken) =>
        WriteAsync(before, ((int)channel).ToString(CultureInfo.InvariantCulture), until, cancellationToken);

    private ValueTask<ReachNote?> WriteAsync(ReachNote? before, string value, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        journal.TryWriteAsync(appId, key!, before, value, expiresAt, cancellationToken);
}
