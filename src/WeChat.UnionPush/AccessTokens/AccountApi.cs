using System.Runtime.CompilerServices;
using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>Calls of one account: with its access token, and once more with another one when the platform refuses it.</summary>
internal sealed class AccountApi(ApiTransport transport, IAccessTokenProvider tokens, Account account)
{
    // The platform recognises a message id for ten minutes; the attempts before and after take four each at the most.
    private static readonly TimeSpan LongestRenewal = TimeSpan.FromMinutes(1);

    public string AppId => account.AppId;

    /// <summary>How many calls of an API went out since <see cref="TakeCallsMade"/>, but for first attempts of broadcasts.</summary>
    public int CallsMade(ApiEndpoint endpoint) => account.QueueOf(endpoint)?.Made ?? 0;

    /// <summary>Counts those calls from zero again.</summary>
    /// <returns>How many there were.</returns>
    public int TakeCallsMade(ApiEndpoint endpoint) => account.QueueOf(endpoint)?.TakeMade() ?? 0;

    /// <summary>Counts calls again that could not be reported.</summary>
    public void ReturnCallsMade(ApiEndpoint endpoint, int calls) => account.QueueOf(endpoint)?.ReturnMade(calls);

    /// <summary>Calls APIs again that were used up for the day: the counters were reset.</summary>
    public void ForgetQuota() => account.Quota.Forget();

    /// <summary>Calls and gives back the answer, whatever its code, for callers that turn some codes into results.</summary>
    public async ValueTask<TAnswer> CallAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, string? query, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer => (TAnswer)await CallAsync(endpoint, query, body: default, CallPriority.Push, cancellationToken).ConfigureAwait(false);

    /// <summary>Calls and throws when the answer carries an error code.</summary>
    public async ValueTask<TAnswer> CallOrThrowAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, string? query, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer => ThrowIfRefused(endpoint, await CallAsync(endpoint, query, cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Calls with a body and gives back the answer, whatever its code. The one place that knows when a body may go back to its pool: after a success only,
    /// for a connection may still be reading that of a call that failed.
    /// </summary>
    /// <param name="endpoint">The API.</param>
    /// <param name="state">What <paramref name="write"/> writes.</param>
    /// <param name="write">Writes the body.</param>
    /// <param name="turn">When it may go, where the API has a pace.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TAnswer> PostAsync<TAnswer, TState>(
        ApiEndpoint<TAnswer> endpoint, TState state, Action<PooledBuffer, TState> write, CallTurn turn, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        var body = new PooledBuffer(endpoint.BodySize);
        write(body, state);
        var answer = await CallAsync(endpoint, query: null, body.WrittenMemory, turn, cancellationToken).ConfigureAwait(false);
        body.Dispose();
        return (TAnswer)answer;
    }

    /// <summary>Calls with a JSON object and gives back the answer, whatever its code.</summary>
    /// <param name="endpoint">The API.</param>
    /// <param name="write">Writes the object's members.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public ValueTask<TAnswer> PostAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer =>
        PostAsync(
            endpoint,
            write,
            static (body, write) =>
            {
                using var writer = new Utf8JsonWriter(body, WireText.WriterOptions);
                writer.WriteStartObject();
                write(writer);
                writer.WriteEndObject();
            },
            CallPriority.Push,
            cancellationToken);

    /// <summary>Calls with a JSON object and throws when the answer carries an error code.</summary>
    /// <inheritdoc cref="PostAsync{TAnswer}(ApiEndpoint{TAnswer}, Action{Utf8JsonWriter}, CancellationToken)"/>
    public async ValueTask<TAnswer> PostOrThrowAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer => ThrowIfRefused(endpoint, await PostAsync(endpoint, write, cancellationToken).ConfigureAwait(false));

    private static TAnswer ThrowIfRefused<TAnswer>(ApiEndpoint<TAnswer> endpoint, TAnswer answer)
        where TAnswer : ApiAnswer => answer.ErrorCode == 0 ? answer : throw WeChatApiErrors.Create(endpoint.Path, answer.ErrorCode, answer.ErrorMessage);

    private ValueTask<ApiAnswer> CallAsync(ApiEndpoint endpoint, string? query, ReadOnlyMemory<byte> body, CallTurn turn, CancellationToken cancellationToken) =>
        account.QueueOf(endpoint) is { } queue
            ? CallInTurnAsync(queue, endpoint, query, body, turn, cancellationToken)
            : CallNowAsync(endpoint, query, body, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ApiAnswer> CallInTurnAsync(
        CallQueue queue, ApiEndpoint endpoint, string? query, ReadOnlyMemory<byte> body, CallTurn turn, CancellationToken cancellationToken)
    {
        // The token comes before the turn, which would be lost while the token is on its way.
        account.Quota.ThrowIfUsedUp(endpoint);
        var token = Given(await tokens.GetAsync(AppId, cancellationToken).ConfigureAwait(false));
        var entry = queue.EnterAsync(endpoint, turn.Priority, transport.TotalTimeout, cancellationToken);
        var waits = !entry.IsCompletedSuccessfully;
        await entry.ConfigureAwait(false);
        try
        {
            if (waits)
            {
                // Much may have happened meanwhile: the token may have ended, and the day's calls been used up by those before.
                account.Quota.ThrowIfUsedUp(endpoint);
                token = Given(await tokens.GetAsync(AppId, cancellationToken).ConfigureAwait(false));
            }

            if (transport.Time.GetTimestamp() > turn.NotAfter)
            {
                throw WeChatApiErrors.TurnGone(endpoint.Path, AppId);
            }

            var answer = await transport.SendAsync(endpoint, token, query, body, queue, cancellationToken).ConfigureAwait(false);
            if (IsTokenRefused(endpoint, answer))
            {
                answer = await CallAgainAsync(answer, token, queue, endpoint, query, body, cancellationToken).ConfigureAwait(false);
            }

            account.Quota.Learn(endpoint, answer);
            return answer;
        }
        finally
        {
            // The turn lasts to the end: a repeat that queued again might come too late.
            queue.Leave();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ApiAnswer> CallNowAsync(ApiEndpoint endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var token = Given(await tokens.GetAsync(AppId, cancellationToken).ConfigureAwait(false));
        var answer = await transport.SendAsync(endpoint, token, query, body, queue: null, cancellationToken).ConfigureAwait(false);
        return IsTokenRefused(endpoint, answer)
            ? await CallAgainAsync(answer, token, queue: null, endpoint, query, body, cancellationToken).ConfigureAwait(false)
            : answer;
    }

    private static bool IsTokenRefused(ApiEndpoint endpoint, ApiAnswer answer) =>
        answer.ErrorCode != 0 && WeChatApiErrors.Classify(endpoint.Path, answer.ErrorCode, answer.ErrorMessage) == WeChatErrorClass.TokenInvalid;

    /// <summary>Once, never more: a token that is refused again needs a human, and a loop would eat the day's token calls.</summary>
    private async ValueTask<ApiAnswer> CallAgainAsync(
        ApiAnswer refusal, AccessToken refused, CallQueue? queue, ApiEndpoint endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        try
        {
            var asked = transport.Time.GetTimestamp();
            var token = Given(await tokens.RenewAsync(AppId, refused, cancellationToken).ConfigureAwait(false));
            if (string.Equals(token.Reveal(), refused.Reveal(), StringComparison.Ordinal)
                || (refusal.FollowsLostAnswer && transport.Time.GetElapsedTime(asked) > LongestRenewal))
            {
                // A provider of the host's that has no other token, or gave it too late to repeat what may have been carried out.
                return refusal;
            }

            if (queue is not null)
            {
                await queue.PaceAsync(cancellationToken).ConfigureAwait(false);
            }

            var answer = await transport.SendAsync(endpoint, token, query, body, queue, cancellationToken).ConfigureAwait(false);
            answer.FollowsLostAnswer |= refusal.FollowsLostAnswer;
            return answer;
        }
        catch (WeChatApiException exception) when (refusal.FollowsLostAnswer && !exception.OutcomeUnknown)
        {
            throw WeChatApiErrors.Lost(endpoint.Path, exception);
        }
    }

    private AccessToken Given(AccessToken? token) =>
        token ?? throw new InvalidOperationException($"The host's access token provider gave null in place of a token of {AppId}. It must give a token, or throw.");
}
