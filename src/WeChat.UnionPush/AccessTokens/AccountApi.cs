using System.Runtime.CompilerServices;

namespace WeChat.UnionPush;

/// <summary>Calls of one account: with its access token, and once more with another one when the platform refuses it.</summary>
internal sealed class AccountApi(ApiTransport transport, IAccessTokenProvider tokens, string appId)
{
    // The platform recognises a message id for ten minutes; the attempts before and after take four each at the most.
    private static readonly TimeSpan LongestRenewal = TimeSpan.FromMinutes(1);

    public string AppId => appId;

    /// <summary>Calls and gives back the answer, whatever its code, for callers that turn some codes into results.</summary>
    public ValueTask<TAnswer> CallAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer =>
        transport.LimiterOf(endpoint) is { } limiter
            ? CallInTurnAsync(limiter, endpoint, query, body, cancellationToken)
            : CallNowAsync(endpoint, query, body, cancellationToken);

    /// <summary>Calls and throws when the answer carries an error code.</summary>
    public async ValueTask<TAnswer> CallOrThrowAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        var answer = await CallAsync(endpoint, query, body, cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode == 0 ? answer : throw WeChatApiErrors.Create(endpoint.Path, answer.ErrorCode, answer.ErrorMessage);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TAnswer> CallInTurnAsync<TAnswer>(ApiLimiter limiter, ApiEndpoint<TAnswer> endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        // The turn comes before the token, which could end in a long queue, and lasts to the end: a repeat that queued again might come too late.
        await limiter.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await CallNowAsync(endpoint, query, body, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            limiter.Leave();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TAnswer> CallNowAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        var token = Given(await tokens.GetAsync(appId, cancellationToken).ConfigureAwait(false));
        var answer = await transport.SendAsync(endpoint, token, query, body, cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode != 0 && WeChatApiErrors.Classify(endpoint.Path, answer.ErrorCode, answer.ErrorMessage) == WeChatErrorClass.TokenInvalid
            ? await CallAgainAsync(answer, token, endpoint, query, body, cancellationToken).ConfigureAwait(false)
            : answer;
    }

    /// <summary>Once, never more: a token that is refused again needs a human, and a loop would eat the day's token calls.</summary>
    private async ValueTask<TAnswer> CallAgainAsync<TAnswer>(TAnswer refusal, AccessToken refused, ApiEndpoint<TAnswer> endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        try
        {
            var asked = transport.Time.GetTimestamp();
            var token = Given(await tokens.RenewAsync(appId, refused, cancellationToken).ConfigureAwait(false));
            if (string.Equals(token.Value, refused.Value, StringComparison.Ordinal)
                || (refusal.FollowsLostAnswer && transport.Time.GetElapsedTime(asked) > LongestRenewal))
            {
                // A provider of the host's that has no other token, or gave it too late to repeat what may have been carried out.
                return refusal;
            }

            var answer = await transport.SendAsync(endpoint, token, query, body, cancellationToken).ConfigureAwait(false);
            answer.FollowsLostAnswer |= refusal.FollowsLostAnswer;
            return answer;
        }
        catch (WeChatApiException exception) when (refusal.FollowsLostAnswer && !exception.OutcomeUnknown)
        {
            throw WeChatApiErrors.Lost(endpoint.Path, exception);
        }
    }

    private AccessToken Given(AccessToken? token) =>
        token ?? throw new InvalidOperationException($"The host's access token provider gave null in place of a token of {appId}. It must give a token, or throw.");
}
