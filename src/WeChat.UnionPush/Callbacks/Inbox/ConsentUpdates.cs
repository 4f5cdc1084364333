using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.Callbacks;

/// <summary>Writes what events say about subscribe messages into the ledger of consents.</summary>
internal sealed class ConsentUpdates(IConsentLedger ledger)
{
    /// <summary>Whether an event tells anything of consents.</summary>
    public static bool Concerns(IWeChatEvent @event) => @event is SubscribeMessagePopupEvent or SubscribeMessageChangeEvent or SubscribeMessageSentEvent;

    public async Task ApplyAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        switch (@event)
        {
            case SubscribeMessagePopupEvent popup:
                await ApplyAsync(popup.Callback, popup.Choices, static choice => choice.TemplateId,
                    static choice => choice.IsAccepted ? ConsentChangeKind.Tapped : null, cancellationToken).ConfigureAwait(false);
                break;
            case SubscribeMessageChangeEvent change:
                // Only refusals are pushed. Should an acceptance come, it allows nothing by itself: each message needs a tap.
                await ApplyAsync(change.Callback, change.Choices, static choice => choice.TemplateId,
                    static choice => choice.IsAccepted ? null : ConsentChangeKind.Emptied, cancellationToken).ConfigureAwait(false);
                break;
            case SubscribeMessageSentEvent sent:
                // Whether a message that failed on its way has used up a credit is not documented. The next send finds out.
                await ApplyAsync(sent.Callback, sent.Deliveries, static delivery => delivery.TemplateId,
                    static delivery => delivery.ErrorCode is 0 or null ? ConsentChangeKind.Delivered : null, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private async Task ApplyAsync<TItem>(
        WeChatCallback callback, IReadOnlyList<TItem> items, Func<TItem, string> templateOf, Func<TItem, ConsentChangeKind?> kindOf, CancellationToken cancellationToken)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (kindOf(items[i]) is { } kind)
            {
                await ledger.ApplyAsync(
                    new ConsentKey(callback.AppId, callback.OpenId, templateOf(items[i])),
                    new ConsentChange(kind, callback.CreatedAt) { EventId = EventId(callback, i) },
                    cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The same at each delivery of an event, and short.</summary>
    private static string EventId(WeChatCallback callback, int item) => string.Create(
        CultureInfo.InvariantCulture, $"{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(callback.DeduplicationKey)).AsSpan(0, 8))}.{item}");
}
