using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>One message to one openid over <c>template/send</c>.</summary>
internal sealed class TemplateMessageSender(
    AccountApi api,
    ITemplateCatalog catalog,
    Action forgetTemplates,
    TemplateMessageOptions options,
    RecipientTurns turns,
    WorkUnderWay work,
    ISentMessages? sentMessages,
    ILogger<TemplateMessageSender> logger) : ITemplateMessageSender
{
    public Task<PushResult> SendAsync(string officialAccountOpenId, TemplateMessage message, CancellationToken cancellationToken = default) =>
        SendAsync(officialAccountOpenId, message, CallPriority.Push, followsLostAnswer: false, cancellationToken).AsTask();

    /// <summary>Sends with a registration's sender: this one, which needs no task of its own for it, or the host's, which knows no turns.</summary>
    /// <inheritdoc cref="SendAsync(string, TemplateMessage, CallTurn, bool, CancellationToken)"/>
    public static ValueTask<PushResult> SendAsync(
        ITemplateMessageSender sender, string officialAccountOpenId, TemplateMessage message, CallTurn turn, bool followsLostAnswer, CancellationToken cancellationToken) =>
        sender is TemplateMessageSender own
            ? own.SendAsync(officialAccountOpenId, message, turn, followsLostAnswer, cancellationToken)
            : new(sender.SendAsync(officialAccountOpenId, message, cancellationToken));

    /// <summary>Sends when a turn allows it.</summary>
    /// <param name="officialAccountOpenId">The recipient's openid in the Official Account.</param>
    /// <param name="message">The message.</param>
    /// <param name="turn">When it may go.</param>
    /// <param name="followsLostAnswer">Whether the message may have been sent before under the same id, so that a refusal may not be the whole truth.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<PushResult> SendAsync(
        string officialAccountOpenId, TemplateMessage message, CallTurn turn, bool followsLostAnswer, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(officialAccountOpenId);
        ArgumentNullException.ThrowIfNull(message);
        using var piece = work.Begin();

        var template = options.ValidateAgainstCatalog ? await TemplateOfAsync(message, cancellationToken).ConfigureAwait(false) : null;
        message = message.Prepare(options.WhenValuesDoNotFit, template);

        MessageAnswer answer;
        try
        {
            // One id for all attempts of the message, in turns or not.
            var outgoing = new Outgoing(message, officialAccountOpenId, message.ClientMessageId is null ? Guid.NewGuid() : default, turn);
            var sent = turns.AreTakenAt(officialAccountOpenId) ? null : await SendAsync(outgoing, cancellationToken).ConfigureAwait(false);
            answer = sent is null or { ErrorCode: WeChatErrorCodes.RecipientBusy }
                ? await SendInTurnAsync(outgoing, sent, cancellationToken).ConfigureAwait(false)
                : sent;
            answer.FollowsLostAnswer |= followsLostAnswer;
        }
        catch (WeChatApiException exception) when (exception.OutcomeUnknown && string.Equals(exception.ApiPath, TemplateEndpoints.TemplateSend.Path, StringComparison.Ordinal))
        {
            return new PushResult(PushStatus.Unknown) { Reason = exception.Message, Rid = exception.RequestId };
        }

        if (answer.ErrorCode == 0)
        {
            if (sentMessages is not null && answer.MessageId is { } messageId)
            {
                await sentMessages.SentAsync(messageId, officialAccountOpenId, message.TemplateId, message.CorrelationId).ConfigureAwait(false);
            }

            return new PushResult(PushStatus.Sent) { MessageId = answer.MessageId };
        }

        if (answer.ErrorCode == WeChatErrorCodes.InvalidTemplateId)
        {
            forgetTemplates();
        }

        var refusal = WeChatApiErrors.Create(TemplateEndpoints.TemplateSend.Path, answer.ErrorCode, answer.ErrorMessage);
        var outcome = SendOutcomes.Of(answer.ErrorCode, answer.ErrorMessage);
        return (answer.FollowsLostAnswer ? outcome.StatusAfterLoss : null) switch
        {
            PushStatus.Sent => new PushResult(PushStatus.Sent),
            PushStatus.Unknown => new PushResult(PushStatus.Unknown)
            {
                ErrorCode = answer.ErrorCode,
                Reason = WeChatApiErrors.Lost(TemplateEndpoints.TemplateSend.Path, refusal).Message,
                Rid = refusal.RequestId,
            },
            _ => outcome.Status is { } status ? new PushResult(status) { ErrorCode = answer.ErrorCode, Reason = refusal.Message, Rid = refusal.RequestId } : throw refusal,
        };
    }

    private async ValueTask<MessageTemplate?> TemplateOfAsync(TemplateMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.FindAsync(message.TemplateId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A list that cannot be had is no reason not to send; the platform checks too. The catalog may be the host's own.
            Log.CatalogUnavailable(logger, api.AppId, Redaction.Quote(exception.Message, Redaction.ErrorMessageLimit));
            return null;
        }
    }

    private ValueTask<MessageAnswer> SendAsync(in Outgoing outgoing, CancellationToken cancellationToken) =>
        api.PostAsync(TemplateEndpoints.TemplateSend, outgoing, static (body, outgoing) => outgoing.WriteTo(body), outgoing.Turn, cancellationToken);

    // By itself, for the closure that no send without turns shall pay for.
    private Task<MessageAnswer> SendInTurnAsync(Outgoing outgoing, MessageAnswer? refusal, CancellationToken cancellationToken) =>
        turns.SendAsync(outgoing.OpenId, refusal, () => SendAsync(outgoing, cancellationToken).AsTask(), cancellationToken);

    /// <summary>A message on its way. Every one carries an id, so that a repeat after a lost answer is delivered once.</summary>
    private readonly record struct Outgoing(TemplateMessage Message, string OpenId, Guid Id, CallTurn Turn)
    {
        public void WriteTo(PooledBuffer body)
        {
            Span<char> id = stackalloc char[ClientMessageIds.MaxLength];
            Message.WriteTo(body, OpenId, Message.ClientMessageId ?? ClientMessageIds.From(Id, id));
        }
    }
}
