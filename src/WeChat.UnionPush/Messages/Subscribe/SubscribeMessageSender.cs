namespace WeChat.UnionPush;

/// <summary>One message to one openid over <c>subscribe/send</c> or <c>subscribe/bizsend</c>, and the credit that it uses up.</summary>
internal sealed class SubscribeMessageSender(
    AccountApi miniProgram, AccountApi officialAccount, TemplateValuePolicy policy, RecipientTurns turns, SubscribeConsents consents, WorkUnderWay work, TimeProvider time)
    : ISubscribeMessageSender
{
    private const string NoCreditKnown = "The user has not agreed to a subscribe message of this template, as far as is known here, or has used up what they agreed to. "
        + "Ask the user for a tap (wx.requestSubscribeMessage).";

    public Task<PushResult> SendAsync(string miniProgramOpenId, SubscribeMessage message, CancellationToken cancellationToken = default) =>
        SendAsync(miniProgramOpenId, message, onlyWithCredit: false, cancellationToken);

    public Task<PushResult> SendNoticeAsync(string officialAccountOpenId, SubscribeMessage message, CancellationToken cancellationToken = default) =>
        SendNoticeAsync(officialAccountOpenId, message, onlyWithCredit: false, cancellationToken);

    /// <summary>Sends, and with <c>onlyWithCredit</c> only where the ledger knows of a credit: otherwise the platform is not called.</summary>
    internal Task<PushResult> SendAsync(string miniProgramOpenId, SubscribeMessage message, bool onlyWithCredit, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        return SendAsync(
            miniProgram, SubscribeEndpoints.Send, miniProgramOpenId, message, static (message, body, openId) => message.WriteTo(body, openId), onlyWithCredit, cancellationToken);
    }

    /// <summary>Sends a notice, and with <c>onlyWithCredit</c> only where the ledger knows of a credit: otherwise the platform is not called.</summary>
    internal Task<PushResult> SendNoticeAsync(string officialAccountOpenId, SubscribeMessage message, bool onlyWithCredit, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(officialAccountOpenId);
        return SendAsync(
            officialAccount,
            SubscribeEndpoints.SendNotice,
            officialAccountOpenId,
            message,
            (message, body, openId) => message.WriteNoticeTo(body, openId, miniProgram.AppId),
            onlyWithCredit,
            cancellationToken);
    }

    private async Task<PushResult> SendAsync(
        AccountApi api, ApiEndpoint<SubscribeSendAnswer> endpoint, string openId, SubscribeMessage message, Action<SubscribeMessage, PooledBuffer, string> write,
        bool onlyWithCredit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        using var piece = work.Begin();
        message = message.Prepare(policy);

        // The time before the send, which its answer is older than.
        var asked = time.GetUtcNow();
        var consent = new ConsentKey(api.AppId, openId, message.TemplateId);
        var taken = await consents.TryTakeAsync(consent, asked, cancellationToken).ConfigureAwait(false);
        if (taken == false && onlyWithCredit)
        {
            return new PushResult(PushStatus.NotSubscribed) { Reason = NoCreditKnown };
        }

        SubscribeSendAnswer answer;
        try
        {
            answer = await turns.SendAsync<SubscribeSendAnswer>(
                openId,
                refusal: null,
                () => api.PostAsync(
                    endpoint, (message, openId, write), static (body, state) => state.write(state.message, body, state.openId), CallPriority.Push, cancellationToken).AsTask(),
                cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.OutcomeUnknown && string.Equals(exception.ApiPath, endpoint.Path, StringComparison.Ordinal))
        {
            // The credit stays taken: the message may have arrived.
            return new PushResult(PushStatus.Unknown) { Reason = exception.Message, Rid = exception.RequestId };
        }
        catch (Exception exception) when (exception is WeChatApiException or InvalidOperationException)
        {
            // Refused before or by the platform, or turned away by a host that stops: nothing was sent.
            await GiveBackAsync().ConfigureAwait(false);
            throw;
        }

        if (answer.ErrorCode == 0)
        {
            return new PushResult(PushStatus.Sent) { MessageId = answer.MessageId };
        }

        if (answer.ErrorCode == WeChatErrorCodes.UserRefused)
        {
            await consents.LearnAsync(consent, ConsentChangeKind.Emptied, asked).ConfigureAwait(false);
        }
        else
        {
            await GiveBackAsync().ConfigureAwait(false);
        }

        var refusal = WeChatApiErrors.Create(endpoint.Path, answer.ErrorCode, answer.ErrorMessage);
        return SubscribeOutcomes.Of(endpoint.Path, answer.ErrorCode, answer.ErrorMessage) is { } status
            ? new PushResult(status) { ErrorCode = answer.ErrorCode, Reason = refusal.Message, Rid = refusal.RequestId }
            : throw refusal;

        ValueTask GiveBackAsync() => taken == true ? consents.LearnAsync(consent, ConsentChangeKind.GivenBack, asked) : default;
    }
}
