using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush;

/// <summary>One channel of the ladder.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Check">Whether the message has something for it, which is checked before anything is sent.</param>
/// <param name="SendAsync">Sends, or says why not; the platform is not called where it is known that nothing would arrive.</param>
internal sealed record ReachRung(
    PushChannel Channel, Func<TemplateMessage, bool> Check, Func<ReachRecipient, TemplateMessage, CancellationToken, Task<PushResult>> SendAsync)
{
    public static ReachRung Subscribe(SubscribeMessageSender sender, TemplateValuePolicy policy) => new(
        PushChannel.SubscribeMessage,
        message => Fits(message.Subscribe, policy),
        (recipient, message, cancellationToken) => recipient.MiniProgramOpenId is { } openId
            ? sender.SendAsync(openId, message.Subscribe!, onlyWithCredit: true, cancellationToken)
            : Task.FromResult(new PushResult(PushStatus.NotSignedIn) { Reason = "The person's openid in the Mini Program is not known here." }));

    public static ReachRung Notice(SubscribeMessageSender sender, TemplateValuePolicy policy) => new(
        PushChannel.SubscribeNotice,
        message => Fits(message.Notice, policy),
        (recipient, message, cancellationToken) => recipient.OfficialAccountOpenId is { } openId
            ? sender.SendNoticeAsync(openId, message.Notice!, onlyWithCredit: true, cancellationToken)
            : NotLinkedAsync());

    public static ReachRung CustomerService(CustomerServiceSender sender) => new(
        PushChannel.CustomerService,
        static message => message.CustomerServiceText is not null,
        (recipient, message, cancellationToken) => recipient.OfficialAccountOpenId is { } openId
            ? sender.SendTextAsync(openId, message.CustomerServiceText!, cancellationToken)
            : NotLinkedAsync());

    /// <summary>A class of the host's, in a scope of its own for each message.</summary>
    public static ReachRung Fallback<TFallback>(IServiceScopeFactory scopes)
        where TFallback : class, IReachFallback => new(
        PushChannel.Fallback,
        static _ => true,
        async (recipient, message, cancellationToken) =>
        {
            var scope = scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                return await scope.ServiceProvider.GetRequiredService<TFallback>().TrySendAsync(recipient, message, cancellationToken).ConfigureAwait(false)
                    ? new PushResult(PushStatus.Sent)
                    : new PushResult(PushStatus.Refused) { Reason = "The host's own fallback did not send the message." };
            }
        });

    private static bool Fits(SubscribeMessage? message, TemplateValuePolicy policy)
    {
        message?.ThrowIfUnfit(policy);
        return message is not null;
    }

    private static Task<PushResult> NotLinkedAsync() =>
        Task.FromResult(new PushResult(PushStatus.NotLinked) { Reason = "The person's openid in the Official Account is not known here." });
}
