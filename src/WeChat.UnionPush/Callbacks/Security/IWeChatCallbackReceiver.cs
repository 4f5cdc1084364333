namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// Handles the requests that the platform makes to the callback URL of one registration. <c>MapWeChatCallback</c> of WeChat.UnionPush.AspNetCore
/// calls it. A host on another server calls it with the query and the body, and sends the answer that it returns.
/// </summary>
/// <remarks>
/// It does not throw for foreign requests or for a store that fails: both are answered and logged, a few lines a minute. It answers within four
/// seconds, because the platform waits five.
/// </remarks>
public interface IWeChatCallbackReceiver
{
    /// <summary>Answers the GET by which the platform verifies the URL. A clock that differs from the platform's is logged.</summary>
    /// <param name="query">The query parameters.</param>
    WeChatCallbackAnswer Verify(WeChatCallbackQuery query);

    /// <summary>
    /// Takes a push (a POST). When it answers 200, the push is kept even if the process ends. The body is read only when the query is signed, and only up to
    /// <see cref="WeChatCallbackOptions.MaxBodyLength"/>.
    /// </summary>
    /// <param name="query">The query parameters.</param>
    /// <param name="body">The body, from its beginning.</param>
    /// <param name="cancellationToken">The request was aborted, so the answer is not sent.</param>
    ValueTask<WeChatCallbackAnswer> ReceiveAsync(WeChatCallbackQuery query, Stream body, CancellationToken cancellationToken = default);

    /// <summary>Takes a push (a POST) whose body is already in memory. When it answers 200, the push is kept even if the process ends.</summary>
    /// <param name="query">The query parameters.</param>
    /// <param name="body">The body.</param>
    /// <param name="cancellationToken">The request was aborted, so the answer is not sent.</param>
    ValueTask<WeChatCallbackAnswer> ReceiveAsync(WeChatCallbackQuery query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default);
}
