namespace WeChat.UnionPush;

/// <summary>
/// One text to one openid of the Official Account over <c>custom/send</c>, inside a window that is known to be open. See
/// <see href="https://developers.weixin.qq.com/doc/service/guide/product/message/Service_Center_messages.html"/>.
/// </summary>
internal sealed class CustomerServiceSender(AccountApi api, ServiceWindows windows)
{
    private const int OutsideWindow = 45015;
    private const int TooManyWithoutAnswer = 45047;
    private const int NotWithin48Hours = 10706;

    public async Task<PushResult> SendTextAsync(string openId, string text, CancellationToken cancellationToken)
    {
        if (!await windows.TryTakeAsync(openId, cancellationToken).ConfigureAwait(false))
        {
            return new PushResult(PushStatus.WindowClosed)
            {
                Reason = "As far as is known here, the user has not written within 48 hours, nor followed, scanned a code or used the menu within a minute. "
                    + "AddCallback tells when they do.",
            };
        }

        DoneAnswer answer;
        try
        {
            answer = await api.PostAsync(
                CustomerServiceEndpoints.Send,
                json =>
                {
                    json.WriteString("touser"u8, openId);
                    json.WriteString("msgtype"u8, "text"u8);
                    json.WriteStartObject("text"u8);
                    json.WriteString("content"u8, text);
                    json.WriteEndObject();
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.OutcomeUnknown && string.Equals(exception.ApiPath, CustomerServiceEndpoints.Send.Path, StringComparison.Ordinal))
        {
            return new PushResult(PushStatus.Unknown) { Reason = exception.Message, Rid = exception.RequestId };
        }

        if (answer.ErrorCode == 0)
        {
            return new PushResult(PushStatus.Sent);
        }

        var refusal = WeChatApiErrors.Create(CustomerServiceEndpoints.Send.Path, answer.ErrorCode, answer.ErrorMessage);
        PushStatus? status = answer.ErrorCode switch
        {
            OutsideWindow or TooManyWithoutAnswer or NotWithin48Hours => PushStatus.WindowClosed,
            _ => refusal.ErrorClass == WeChatErrorClass.Recipient ? PushStatus.Refused : null,
        };
        if (status == PushStatus.WindowClosed)
        {
            await windows.CloseAsync(openId, cancellationToken).ConfigureAwait(false);
        }

        return status is { } known ? new PushResult(known) { ErrorCode = answer.ErrorCode, Reason = refusal.Message, Rid = refusal.RequestId } : throw refusal;
    }
}
