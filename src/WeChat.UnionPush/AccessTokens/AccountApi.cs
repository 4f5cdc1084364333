namespace WeChat.UnionPush;

/// <summary>Calls of one account: with its access token, and once more with another one when the platform refuses it.</summary>
internal sealed class AccountApi(ApiTransport transport, IAccessTokenProvider tokens, string appId)
{
    public string AppId => appId;

    /// <summary>Calls and gives back the answer, whatever its code, for callers that turn some codes into results.</summary>
    public async ValueTask<TAnswer> CallAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        var token = await tokens.GetAsync(appId, cancellationToken).ConfigureAwait(false);
        var answer = await transport.SendAsync(endpoint, token, query, body, cancellationToken).ConfigureAwait(false);
        if (answer.ErrorCode != 0 && WeChatApiErrors.Classify(endpoint.Path, answer.ErrorCode, answer.ErrorMessage) == WeChatErrorClass.TokenInvalid)
        {
            // Once, never more: a token that is refused again needs a human, and a loop would eat the day's token calls.
            token = await tokens.RenewAsync(appId, token, cancellationToken).ConfigureAwait(false);
            answer = await transport.SendAsync(endpoint, token, query, body, cancellationToken).ConfigureAwait(false);
        }

        return answer;
    }

    /// <summary>Calls and throws when the answer carries an error code.</summary>
    public async ValueTask<TAnswer> CallOrThrowAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        var answer = await CallAsync(endpoint, query, body, cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode == 0 ? answer : throw WeChatApiErrors.Create(endpoint.Path, answer.ErrorCode, answer.ErrorMessage);
    }
}
