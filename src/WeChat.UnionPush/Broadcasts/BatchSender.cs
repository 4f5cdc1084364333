using System.Diagnostics.CodeAnalysis;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>
/// Sends to the recipients of one claimed batch. A few at a time are written down, sent to, and settled by the write that precedes the next few, which
/// extends the claim too. Whoever finds the claim lost leaves everything to its new owner.
/// </summary>
internal sealed class BatchSender
{
    private readonly BroadcastTools _tools;
    private readonly BroadcastRun _run;
    private readonly BroadcastBatch _batch;
    private readonly OutcomeSheet _sheet;
    private readonly RecipientLine[] _lines;

    // Of whom it is not known whether an earlier claim sent to them.
    private readonly bool[] _hadAttempt;
    private readonly bool[] _tried;
    private readonly BatchTemplates _templates;
    private readonly BatchRecipients _recipients;
    private readonly BatchClaim _claim;
    private readonly object _gate = new();
    private readonly List<int> _doubted = [];
    private readonly List<WeChatIdentity> _learned = [];
    private readonly BatchTroubles _troubles;

    /// <param name="tools">What is sent with.</param>
    /// <param name="run">The broadcast.</param>
    /// <param name="batch">The batch, claimed.</param>
    /// <param name="claimedAt">A timestamp from before the claim.</param>
    public BatchSender(BroadcastTools tools, BroadcastRun run, BroadcastBatch batch, long claimedAt)
    {
        (_tools, _run, _batch) = (tools, run, batch);
        _sheet = new OutcomeSheet(batch.Size, batch.Outcomes);
        _lines = [.. batch.Recipients.Split('\n').Select(RecipientLine.Read)];
        _hadAttempt = new bool[batch.Size];
        _tried = new bool[batch.Size];
        _templates = new BatchTemplates(run, _lines);
        _troubles = new BatchTroubles(run);
        _claim = new BatchClaim(tools, batch, _sheet, _lines, _templates, claimedAt);
        _recipients = new BatchRecipients(tools, run, batch, _sheet, _lines, _templates, _claim);
    }

    private DateTimeOffset Now => _tools.Time.GetUtcNow();

    /// <summary>Sends, and gives the batch back.</summary>
    /// <returns>What keeps the run from going on; <see langword="null"/> when nothing does.</returns>
    public async Task<SendTrouble?> SendAsync(Func<CancellationToken, Task> refreshAsync, CancellationToken stop)
    {
        var isMine = true;
        try
        {
            await _recipients.RecoverAsync(stop).ConfigureAwait(false);
            for (var i = 0; i < _sheet.Size; i++)
            {
                _hadAttempt[i] = _sheet.IsUnderWay(i);
            }

            await _recipients.LookUpAsync(stop).ConfigureAwait(false);
            while (isMine && _troubles.Gravest is null && !stop.IsCancellationRequested)
            {
                await refreshAsync(stop).ConfigureAwait(false);
                var window = NextWindow();
                if (window.Length == 0 || !_run.IsOpen || _run.Quiet?.EndAt(Now) is not null)
                {
                    break;
                }

                isMine = await SendAsync(window, stop).ConfigureAwait(false);
            }

            if (isMine && _doubted.Count > 0)
            {
                isMine = await CheckDoubtedAsync(stop).ConfigureAwait(false);
            }
        }
        finally
        {
            // Also when the store failed or the host stops: what the platform has accepted is known only here.
            if (isMine)
            {
                await _claim.GiveBackAsync(stop).ConfigureAwait(false);
            }
        }

        if (_learned.Count > 0)
        {
            // Nobody who was erased comes back by it.
            await _tools.Repository.SaveAsync(_learned, erasuresSeen: 0, stop).ConfigureAwait(false);
        }

        return _troubles.Gravest;
    }

    private int[] NextWindow()
    {
        // Until the run has shown that it works, no more are sent than show that it does not.
        var size = _run.Guards.IsProven ? _tools.Window : Math.Min(_tools.Window, BroadcastGuards.First);
        return [.. Enumerable.Range(0, _sheet.Size)
            .Where(i => !_tried[i] && _lines[i].Id.Length > 0 && _sheet.IsOpen(i) && (_sheet.IsPending(i) || _claim.AgeOf(i) < _tools.ResendsFor))
            .Where(i => !_templates.IsStopped(i)).Take(size)];
    }

    /// <returns><see langword="false"/> when the batch is somebody else's.</returns>
    private async Task<bool> SendAsync(int[] window, CancellationToken stop)
    {
        // Whom the template message cannot reach needs none of the account's slots.
        var called = window.Where(i => _recipients.UnreachableOf(i) is null).ToArray();
        var grant = called.Length == 0 ? null : await _tools.Slots.TakeAsync(called.Length, _run.Content.QuotaReserve, stop).ConfigureAwait(false);
        if (grant is { Count: 0 })
        {
            _troubles.Meet(new SendTrouble(SendTroubleKind.Quota, BroadcastReasons.Quota(grant.UsedToday, _run.Content.QuotaReserve)));
            return true;
        }

        window = [.. called[..(grant?.Count ?? 0)], .. window.Where(i => _recipients.UnreachableOf(i) is not null)];
        var now = Now;
        foreach (var i in window)
        {
            if (_recipients.UnreachableOf(i) is null)
            {
                _sheet.Begin(i, now);
            }
            else
            {
                _sheet.Climb(i, now);
            }

            _tried[i] = true;
        }

        if (!await _claim.SaveAsync(release: false, Now + _tools.Options.LeaseDuration, stop).ConfigureAwait(false))
        {
            return false;
        }

        await Task.WhenAll(window.Select((recipient, place) =>
            SendOneAsync(recipient, place < grant?.Count ? grant.From + (grant.Interval * place) : now, stop))).ConfigureAwait(false);
        return true;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a send throws belongs to its recipient.")]
    private async Task SendOneAsync(int recipient, DateTimeOffset slot, CancellationToken stop)
    {
        try
        {
            if (slot - Now is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, _tools.Time, stop).ConfigureAwait(false);
            }

            if (!_run.IsOpen || _troubles.Gravest is not null || _tools.Time.GetTimestamp() >= _claim.SendsUntil)
            {
                NotSent(recipient);
                return;
            }

            var message = _recipients.MessageOf(recipient);
            if (_recipients.UnreachableOf(recipient) is { } why)
            {
                await ClimbAsync(recipient, message, new PushResult(why)).ConfigureAwait(false);
                return;
            }

            // What does not fit another channel is told before anything is sent.
            var climbs = _tools.Reach?.Serves(message) == true;
            var openId = _recipients.OpenIdOf(recipient);
            var result = await _tools.SendAsync(openId, message, _hadAttempt[recipient], _claim.SendsUntil).ConfigureAwait(false);
            if (Judge(recipient, openId, result) && climbs && ReachLadder.MayGoOn(result.Status))
            {
                await ClimbAsync(recipient, message, result).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            NotSent(recipient);
        }
        catch (Exception exception)
        {
            Fail(recipient, exception);
        }
    }

    /// <summary>Tries the further channels for somebody whom the template message certainly did not reach.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a send throws belongs to its recipient.")]
    private async Task ClimbAsync(int recipient, TemplateMessage message, PushResult template)
    {
        if (!_run.IsOpen || _troubles.Gravest is not null || _tools.Time.GetTimestamp() >= _claim.SendsUntil)
        {
            _sheet.Return(recipient);
            return;
        }

        _sheet.Climb(recipient, Now);
        try
        {
            var person = await _recipients.FindAsync(recipient).ConfigureAwait(false);
            var result = await _tools.Reach!.GoOnAsync(person, message, template).ConfigureAwait(false);
            var value = result.Status == PushStatus.Unknown ? _sheet.ValueOf(recipient) : result.MessageId ?? 0;
            _sheet.Settle(recipient, result.Status, result.ErrorCode?.Value ?? 0, value, result.Channel);
        }
        catch (Exception exception)
        {
            var (trouble, code) = SendFailures.Judge(exception, _lines[recipient].Own is not null, _templates.OneOfMany(recipient));
            if (trouble is null)
            {
                _sheet.Fail(recipient, code);
                return;
            }

            // The recipient stays under way: whoever claims the batch next sees by the ladder's notes whether something may have been sent.
            _troubles.Meet(trouble);
        }
    }

    /// <returns>Whether the outcome is settled.</returns>
    private bool Judge(int recipient, string openId, PushResult result)
    {
        var code = result.ErrorCode?.Value ?? 0;
        switch (result.Status)
        {
            case PushStatus.Unknown:
                // It stays under way: the same message id is sent again while the platform knows it.
                Telemetry.Pushed(result.Status.Name());
                if (!_hadAttempt[recipient])
                {
                    _troubles.Count(isAccepted: false, code);
                }

                if (SendFailures.TroubleOf(code, result.Reason ?? "", _templates.OneOfMany(recipient)) is { } trouble)
                {
                    _troubles.Meet(trouble);
                }

                return false;
            case PushStatus.NotFollowing when SendOutcomes.Of(code, errorMessage: null).Memory == SendMemory.UntilChecked && TryDoubt(recipient):
                return false;
            case PushStatus.Refused when SendOutcomes.Of(code, errorMessage: null) is { Memory: SendMemory.UntilNextWalk } outcome:
                lock (_gate)
                {
                    _learned.Add(new WeChatIdentity(_tools.AppId, openId) { FollowState = outcome.Learned, ObservedAt = Now });
                }

                break;
        }

        _sheet.Settle(recipient, result.Status, code, result.MessageId ?? 0);
        Telemetry.Pushed(result.Status.Name());
        _troubles.Count(result.Status is PushStatus.Sent or PushStatus.Duplicate, code);
        return true;
    }

    private bool TryDoubt(int recipient)
    {
        lock (_gate)
        {
            if (_doubted.Contains(recipient))
            {
                return false;
            }

            _doubted.Add(recipient);
            return true;
        }
    }

    /// <summary>Nothing was sent in this attempt. Whoever an earlier claim may have sent to stays under way.</summary>
    private void NotSent(int recipient)
    {
        if (!_hadAttempt[recipient])
        {
            _sheet.Return(recipient);
        }
    }

    private void Fail(int recipient, Exception exception)
    {
        var (trouble, code) = SendFailures.Judge(
            exception, hasOwnMessage: _lines[recipient].Own is not null, _templates.OneOfMany(recipient));
        if (trouble is not null)
        {
            NotSent(recipient);
            _troubles.Meet(trouble);
            return;
        }

        _sheet.Fail(recipient, code);
        _troubles.Count(isAccepted: false, code);
    }

    /// <summary>Single refusals of true followers were reported, so the platform is asked; who follows is sent to once more.</summary>
    private async Task<bool> CheckDoubtedAsync(CancellationToken stop)
    {
        IReadOnlySet<string> follow;
        try
        {
            follow = await _tools.Check.AskNowAsync([.. _doubted.Select(_recipients.OpenIdOf)], stop).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.ErrorClass is WeChatErrorClass.Transient or WeChatErrorClass.RateLimited or WeChatErrorClass.TokenInvalid)
        {
            // What cannot be asked now is not believed: they are sent to again when the platform is well.
            _doubted.ForEach(NotSent);
            _troubles.Meet(new SendTrouble(SendTroubleKind.BackOff, exception.Message, exception.RetryAfter));
            return true;
        }
        catch (WeChatApiException)
        {
            // The account may not ask, so that nobody will ever tell more.
            follow = new HashSet<string>(StringComparer.Ordinal);
        }

        int[] left = [.. _doubted.Where(i => !follow.Contains(_recipients.OpenIdOf(i)))];
        foreach (var i in left)
        {
            _sheet.Settle(i, PushStatus.NotFollowing, WeChatErrorCodes.RequireSubscribe);
            _troubles.Count(isAccepted: false, WeChatErrorCodes.RequireSubscribe);
        }

        var refused = new PushResult(PushStatus.NotFollowing) { ErrorCode = WeChatErrorCodes.RequireSubscribe };
        await Task.WhenAll(left.Select(i => _recipients.MessageOf(i) is var message && _tools.Reach?.MayServe(message) == true
            ? ClimbAsync(i, message, refused)
            : Task.CompletedTask)).ConfigureAwait(false);
        int[] again = [.. _doubted.Where(i => follow.Contains(_recipients.OpenIdOf(i)))];
        foreach (var window in again.Chunk(_tools.Window))
        {
            if (_troubles.Gravest is not null || !_run.IsOpen || stop.IsCancellationRequested)
            {
                break;
            }

            if (!await SendAsync(window, stop).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }
}
