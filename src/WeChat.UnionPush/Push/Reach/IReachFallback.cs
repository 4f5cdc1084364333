namespace WeChat.UnionPush;

/// <summary>
/// The host's own way to reach a person whom no channel of WeChat reaches, such as SMS or e-mail. Registered with
/// <c>AddReach(reach => reach.Fallback&lt;T&gt;())</c>.
/// </summary>
public interface IReachFallback
{
    /// <summary>Sends a message.</summary>
    /// <param name="recipient">Whom it is for, and why the channels before did not serve.</param>
    /// <param name="message">The message as it was pushed; <see cref="TemplateMessage.CorrelationId"/> is the host's own name for it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see langword="true"/> when it was sent, and <see langword="false"/> when nothing was sent and nothing will be. An exception means that it may have
    /// been sent: it comes to the caller of the push, and the same idempotency key sends nothing again.</returns>
    Task<bool> TrySendAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken = default);
}
