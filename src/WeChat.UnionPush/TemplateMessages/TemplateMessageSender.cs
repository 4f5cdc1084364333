using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>One message to one openid over <c>template/send</c>.</summary>
internal sealed class TemplateMessageSender(AccountApi api, TemplateCatalog catalog, TemplateMessageOptions options, MessageReceiptLog? receipts, ILogger<TemplateMessageSender> logger) : ITemplateMessageSender
{
    private const int InvalidTemplateId = 40037;

    public async Task<PushResult> SendAsync(string officialAccountOpenId, TemplateMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(officialAccountOpenId);
        ArgumentNullException.ThrowIfNull(message);

        var template = options.ValidateAgainstCatalog ? await TemplateOfAsync(message, cancellationToken).ConfigureAwait(false) : null;
        message = message.Prepare(options.WhenValuesDoNotFit, template);

        var body = new PooledBuffer();
        Write(body, message, officialAccountOpenId);
        MessageAnswer answer;
        try
        {
            answer = await api.CallAsync(Endpoints.TemplateSend, query: null, body.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.OutcomeUnknown && string.Equals(exception.ApiPath, Endpoints.TemplateSend.Path, StringComparison.Ordinal))
        {
            return new PushResult(PushStatus.Unknown) { Reason = exception.Message };
        }

        body.Dispose();
        if (answer.ErrorCode == 0)
        {
            if (receipts is not null && answer.MessageId is { } messageId)
            {
                await receipts.SentAsync(messageId, officialAccountOpenId, message).ConfigureAwait(false);
            }

            return new PushResult(PushStatus.Sent) { MessageId = answer.MessageId };
        }

        if (answer.ErrorCode == InvalidTemplateId)
        {
            catalog.Forget();
        }

        var refusal = WeChatApiErrors.Create(Endpoints.TemplateSend.Path, answer.ErrorCode, answer.ErrorMessage);
        return (answer.FollowsLostAnswer ? StatusAfterLoss(refusal.ErrorClass) : null) switch
        {
            PushStatus.Sent => new PushResult(PushStatus.Sent),
            PushStatus.Unknown => new PushResult(PushStatus.Unknown) { ErrorCode = answer.ErrorCode, Reason = WeChatApiErrors.Lost(Endpoints.TemplateSend.Path, refusal).Message },
            _ => StatusOf(answer) is { } status ? new PushResult(status) { ErrorCode = answer.ErrorCode, Reason = refusal.Message } : throw refusal,
        };
    }

    /// <summary>
    /// What the refusal of a repeat says of an attempt before it whose answer got lost: a duplicate was sent by it; a refusal of this person, message or
    /// template was its fate too; anything else came up in between, or stands before the platform looks at the message.
    /// </summary>
    private static PushStatus? StatusAfterLoss(WeChatErrorClass errorClass) => errorClass switch
    {
        WeChatErrorClass.Duplicate => PushStatus.Sent,
        WeChatErrorClass.Recipient or WeChatErrorClass.Template or WeChatErrorClass.Request => null,
        _ => PushStatus.Unknown,
    };

    private async ValueTask<MessageTemplate?> TemplateOfAsync(TemplateMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.FindAsync(message.TemplateId, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception)
        {
            // A list that cannot be had is no reason not to send; the platform checks too.
            Log.CatalogUnavailable(logger, api.AppId, exception.Message);
            return null;
        }
    }

    /// <summary>Every message carries an id, so that a repeat after a lost answer is delivered once.</summary>
    private static void Write(PooledBuffer body, TemplateMessage message, string openId)
    {
        Span<char> id = stackalloc char[ClientMessageIds.MaxLength];
        message.WriteTo(body, openId, message.ClientMessageId ?? ClientMessageIds.New(id));
    }

    /// <summary>The codes that a business must expect; all others are somebody's to mend.</summary>
    private static PushStatus? StatusOf(MessageAnswer answer) =>
        WeChatApiErrors.Classify(Endpoints.TemplateSend.Path, answer.ErrorCode, answer.ErrorMessage) switch
        {
            WeChatErrorClass.Duplicate => PushStatus.Duplicate,
            WeChatErrorClass.Recipient => answer.ErrorCode is 43101 or 48002 or 43019 or 50002 or 62751 or 10703 ? PushStatus.Refused : PushStatus.NotFollowing,
            WeChatErrorClass.RateLimited when answer.ErrorCode == 43117 => PushStatus.TooFrequent,
            _ => null,
        };
}
