namespace WeChat.UnionPush;

/// <summary>
/// Takes the requests the platform makes to the callback URL of one registration. <c>MapWeChatCallback</c> of WeChat.UnionPush.AspNetCore
/// stands in front of it; a host on another server calls it with the query and the body, and answers what it returns.
/// </summary>
public interface IWeChatCallbackReceiver
{
    /// <summary>Answers the GET by which the platform verifies the URL.</summary>
    /// <param name="query">The query parameters.</param>
    WeChatCallbackAnswer Verify(WeChatCallbackQuery query);

    /// <summary>Takes a push (a POST). When it answers <see cref="WeChatCallbackAnswer.Success"/>, the push is kept even if the process ends.</summary>
    /// <param name="query">The query parameters.</param>
    /// <param name="body">The body, at most <see cref="WeChatCallbackReader.MaxBodyLength"/>.</param>
    /// <param name="cancellationToken">Cancels the call; the platform waits five seconds at most.</param>
    ValueTask<WeChatCallbackAnswer> ReceiveAsync(WeChatCallbackQuery query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default);
}
