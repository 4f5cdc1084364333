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
    private readonly string[] _lines;

    // Of whom it is not known whether an earlier claim sent to them.
    private readonly bool[] _hadAttempt;
    private readonly bool[] _tried;
    private readonly BatchTemplates _templates;
    private readonly BatchClaim _claim;
    private readonly object _gate = new();
    private readonly List<int> _doubted = [];
    private readonly List<WeChatIdentity> _learned = [];
    private SendTrouble? _trouble;

    /// <param name="tools">What is sent with.</param>
    /// <param name="run">The broadcast.</param>
    /// <param name="batch">The batch, claimed.</param>
    /// <param name="claimedAt">A timestamp from before the claim.</param>
    public BatchSender(BroadcastTools tools, BroadcastRun run, BroadcastBatch batch, long claimedAt)
    {
        (_tools, _run, _batch) = (tools, run, batch);
        _sheet = new OutcomeSheet(batch.Size, batch.Outcomes);
        _lines = batch.Recipients.Split('\n');
        _hadAttempt = [.. Enumerable.Range(0, batch.Size).Select(_sheet.IsUnderWay)];
        _tried = new bool[batch.Size];
        _templates = new BatchTemplates(run, _lines);
        _claim = new BatchClaim(tools, batch, _sheet, _lines, _templates, claimedAt);
    }

    private DateTimeOffset Now => _tools.Time.GetUtcNow();

    /// <summary>Sends, and gives the batch back.</summary>
    /// <returns>What keeps the run from going on; <see langword="null"/> when nothing does.</returns>
    public async Task<SendTrouble?> SendAsync(Func<CancellationToken, Task> refreshAsync, CancellationToken stop)
    {
        var isMine = true;
        try
        {
            GiveUpOnOld();
            await SkipGoneAsync(stop).ConfigureAwait(false);
            while (isMine && _trouble is null && !stop.IsCancellationRequested)
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

        return _trouble;
    }

    /// <summary>Whoever was attempted too long ago stays unknown: the platform would not know the message again.</summary>
    private void GiveUpOnOld()
    {
        for (var i = 0; i < _sheet.Size; i++)
        {
            if (_sheet.IsUnderWay(i) && _claim.AgeOf(i) >= BatchClaim.IdLifetime)
            {
                _sheet.Settle(i, PushStatus.Unknown, 0, _sheet.ValueOf(i));
            }
        }
    }

    private string OpenIdOf(int recipient) => _lines[recipient].Split('\t', 2)[0];

    /// <summary>Who left, refuses or was erased since the plan was made costs no call. Of somebody who may have the message that is not the outcome.</summary>
    private async Task SkipGoneAsync(CancellationToken stop)
    {
        int[] pending = [.. Enumerable.Range(0, _sheet.Size).Where(_sheet.IsPending)];
        string[] openIds = [.. pending.Select(OpenIdOf).Where(static openId => openId.Length > 0)];
        var known = new Dictionary<string, FollowState>(StringComparer.Ordinal);
        if (openIds.Length > 0)
        {
            foreach (var identity in await _tools.Repository.FindAsync(_tools.AppId, openIds, stop).ConfigureAwait(false))
            {
                known[identity.OpenId] = identity.FollowState;
            }
        }

        foreach (var i in pending)
        {
            if (!known.TryGetValue(OpenIdOf(i), out var state) || state == FollowState.NotFollowing)
            {
                _sheet.Settle(i, PushStatus.NotFollowing);
            }
            else if (state == FollowState.Refusing)
            {
                _sheet.Settle(i, PushStatus.Refused);
            }
        }
    }

    private int[] NextWindow()
    {
        // Until the run has shown that it works, no more are sent than show that it does not.
        var size = _run.Guards.IsProven ? _tools.Window : Math.Min(_tools.Window, BroadcastGuards.First);
        return [.. Enumerable.Range(0, _sheet.Size)
            .Where(i => !_tried[i] && _lines[i].Length > 0 && _sheet.IsOpen(i) && (_sheet.IsPending(i) || _claim.AgeOf(i) < _tools.ResendsFor))
            .Where(i => !_templates.IsStopped(i)).Take(size)];
    }

    /// <returns><see langword="false"/> when the batch is somebody else's.</returns>
    private async Task<bool> SendAsync(int[] window, CancellationToken stop)
    {
        var grant = await _tools.Slots.TakeAsync(window.Length, _run.Content.QuotaReserve, stop).ConfigureAwait(false);
        if (grant.Count == 0)
        {
            Meet(new SendTrouble(SendTroubleKind.Quota, BroadcastReasons.Quota(grant.UsedToday, _run.Content.QuotaReserve)));
            return true;
        }

        window = window[..grant.Count];
        var now = Now;
        foreach (var i in window)
        {
            _sheet.Begin(i, now);
            _tried[i] = true;
        }

        if (!await _claim.SaveAsync(release: false, Now + _tools.Options.LeaseDuration, stop).ConfigureAwait(false))
        {
            return false;
        }

        await Task.WhenAll(window.Select((recipient, place) => SendOneAsync(recipient, grant.From + (grant.Interval * place), stop))).ConfigureAwait(false);
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

            if (!_run.IsOpen || _trouble is not null || _tools.Time.GetTimestamp() >= _claim.SendsUntil)
            {
                NotSent(recipient);
                return;
            }

            var openId = OpenIdOf(recipient);
            var id = $"{_batch.BroadcastId}-{(_batch.Number * BroadcastPlanner.BatchSize) + recipient}";
            var message = _templates.MessageOf(recipient).ToMessage(id, _run.Record.Name);
            Settle(recipient, openId, await _tools.SendAsync(openId, message, _hadAttempt[recipient], _claim.SendsUntil).ConfigureAwait(false));
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

    private void Settle(int recipient, string openId, PushResult result)
    {
        var code = result.ErrorCode?.Value ?? 0;
        switch (result.Status)
        {
            case PushStatus.Unknown:
                // It stays under way: the same message id is sent again while the platform knows it.
                Telemetry.Pushed(result.Status.Name());
                if (!_hadAttempt[recipient])
                {
                    Count(isAccepted: false, code);
                }

                if (SendFailures.TroubleOf(code, result.Reason ?? "", _templates.OneOfMany(recipient)) is { } trouble)
                {
                    Meet(trouble);
                }

                return;
            case PushStatus.NotFollowing when SendOutcomes.Of(code, errorMessage: null).Memory == SendMemory.UntilChecked && TryDoubt(recipient):
                return;
            case PushStatus.Refused when SendOutcomes.Of(code, errorMessage: null) is { Memory: SendMemory.UntilNextWalk } outcome:
                lock (_gate)
                {
                    _learned.Add(new WeChatIdentity(_tools.AppId, openId) { FollowState = outcome.Learned, ObservedAt = Now });
                }

                break;
        }

        _sheet.Settle(recipient, result.Status, code, result.MessageId ?? 0);
        Telemetry.Pushed(result.Status.Name());
        Count(result.Status is PushStatus.Sent or PushStatus.Duplicate, code);
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
            exception, hasOwnMessage: _lines[recipient].Contains('\t', StringComparison.Ordinal), _templates.OneOfMany(recipient));
        if (trouble is not null)
        {
            NotSent(recipient);
            Meet(trouble);
            return;
        }

        _sheet.Fail(recipient, code);
        Count(isAccepted: false, code);
    }

    private void Count(bool isAccepted, int code)
    {
        if (isAccepted)
        {
            _run.Recovered();
        }

        if (_run.Guards.Count(isAccepted, code) is { } reason)
        {
            Meet(new SendTrouble(SendTroubleKind.Stop, reason));
        }
    }

    private void Meet(SendTrouble trouble)
    {
        lock (_gate)
        {
            // The gravest one counts.
            if (_trouble is null || trouble.Kind > _trouble.Kind)
            {
                _trouble = trouble;
            }
        }

        if (trouble.Kind == SendTroubleKind.Stop)
        {
            _run.Close();
        }
    }

    /// <summary>Single refusals of true followers were reported, so the platform is asked; who follows is sent to once more.</summary>
    private async Task<bool> CheckDoubtedAsync(CancellationToken stop)
    {
        IReadOnlySet<string> follow;
        try
        {
            follow = await _tools.Check.AskNowAsync([.. _doubted.Select(OpenIdOf)], stop).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.ErrorClass is WeChatErrorClass.Transient or WeChatErrorClass.RateLimited or WeChatErrorClass.TokenInvalid)
        {
            // What cannot be asked now is not believed: they are sent to again when the platform is well.
            _doubted.ForEach(NotSent);
            Meet(new SendTrouble(SendTroubleKind.BackOff, exception.Message, exception.RetryAfter));
            return true;
        }
        catch (WeChatApiException)
        {
            // The account may not ask, so that nobody will ever tell more.
            follow = new HashSet<string>(StringComparer.Ordinal);
        }

        foreach (var i in _doubted.Where(i => !follow.Contains(OpenIdOf(i))))
        {
            _sheet.Settle(i, PushStatus.NotFollowing, WeChatErrorCodes.RequireSubscribe);
            Count(isAccepted: false, WeChatErrorCodes.RequireSubscribe);
        }

        int[] again = [.. _doubted.Where(i => follow.Contains(OpenIdOf(i)))];
        foreach (var window in again.Chunk(_tools.Window))
        {
            if (_trouble is not null || !_run.IsOpen || stop.IsCancellationRequested)
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
