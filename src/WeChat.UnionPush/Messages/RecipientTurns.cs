namespace WeChat.UnionPush;

/// <summary>
/// Sends one message at a time to a person, and retries after a short wait when the platform answers that several are under way (43108). Template messages
/// take turns only after that answer, subscribe messages always. The queue of a person is removed when nobody waits in it.
/// </summary>
/// <param name="http">Pause before the first retry, time limit of all retries, and whether there are retries at all.</param>
/// <param name="time">The clock.</param>
internal sealed class RecipientTurns(WeChatHttpOptions http, TimeProvider time)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // The platform recognises a message id for ten minutes, and the attempts before and after the wait take at most four minutes each.
    private static readonly TimeSpan LongestWaitAfterLoss = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);
    private volatile int _count;

    /// <summary>Whether other sends are queued for this person.</summary>
    public bool AreTakenAt(string openId)
    {
        if (_count == 0)
        {
            return false;
        }

        lock (_turns)
        {
            return _turns.ContainsKey(openId);
        }
    }

    /// <summary>Sends when it is this message's turn, and retries within <see cref="WeChatHttpOptions.TotalTimeout"/>.</summary>
    /// <param name="openId">The person.</param>
    /// <param name="refusal">The answer to the message when it was sent without a turn, or null when it has not been sent yet.</param>
    /// <param name="send">Sends the message, each time with the same <c>client_msg_id</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The last answer: 43108 again when the person stayed busy.</returns>
    public async Task<TAnswer> SendAsync<TAnswer>(string openId, TAnswer? refusal, Func<Task<TAnswer>> send, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        if (http.MaxRetries == 0 && refusal is not null)
        {
            return refusal;
        }

        using var total = new CancellationTokenSource(
            refusal is { FollowsLostAnswer: true } && http.TotalTimeout > LongestWaitAfterLoss ? LongestWaitAfterLoss : http.TotalTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, total.Token);
        var turn = Join(openId);
        var last = refusal;
        try
        {
            await turn.Gate.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                for (var pause = http.RetryDelay; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
                {
                    if (last is not null)
                    {
                        await Task.Delay(pause, time, either.Token).ConfigureAwait(false);
                    }

                    var answer = await SendAgainAsync(send, last).ConfigureAwait(false);
                    if (answer.ErrorCode != WeChatErrorCodes.RecipientBusy || http.MaxRetries == 0)
                    {
                        return answer;
                    }

                    last = answer;
                }
            }
            finally
            {
                turn.Gate.Release();
            }
        }
        catch (OperationCanceledException) when (total.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Out of time. A message that never got its turn is sent as if there were no turns.
            return last ?? await send().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Report the caller's token, not the linked one.
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            Leave(openId, turn);
        }
    }

    /// <summary>If the outcome of an attempt is unknown, it stays unknown, whatever the retry is answered.</summary>
    private static async Task<TAnswer> SendAgainAsync<TAnswer>(Func<Task<TAnswer>> send, TAnswer? last)
        where TAnswer : ApiAnswer
    {
        try
        {
            var answer = await send().ConfigureAwait(false);
            answer.FollowsLostAnswer |= last is { FollowsLostAnswer: true };
            return answer;
        }
        catch (WeChatApiException exception) when (last is { FollowsLostAnswer: true } && !exception.OutcomeUnknown)
        {
            throw WeChatApiErrors.Lost(exception.ApiPath, exception);
        }
    }

    private Turn Join(string openId)
    {
        lock (_turns)
        {
            if (!_turns.TryGetValue(openId, out var turn))
            {
                _turns.Add(openId, turn = new Turn());
                _count = _turns.Count;
            }

            turn.Members++;
            return turn;
        }
    }

    private void Leave(string openId, Turn turn)
    {
        lock (_turns)
        {
            if (--turn.Members == 0)
            {
                _turns.Remove(openId);
                _count = _turns.Count;
                turn.Gate.Dispose();
            }
        }
    }

    private sealed class Turn
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Members { get; set; }
    }
}
