using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.Callbacks;

/// <summary>Makes typed events from decrypted bodies.</summary>
internal static class WeChatEventParser
{
    private const int MaxIdLength = 128;
    private const string ScanPrefix = "qrscene_";

    /// <summary>Reads a body as it was kept.</summary>
    /// <param name="appId">App the push was made to.</param>
    /// <param name="deduplicationKey">The key it was kept under.</param>
    /// <param name="body">The decrypted body.</param>
    /// <param name="event">The event.</param>
    internal static bool TryParse(string appId, string deduplicationKey, string body, [NotNullWhen(true)] out IWeChatEvent? @event)
    {
        @event = null;
        return CallbackFields.TryParse(body, out var fields) && TryRead(appId, fields, deduplicationKey, out @event);
    }

    /// <summary>Reads a body that has just arrived.</summary>
    /// <param name="appId">App the push was made to.</param>
    /// <param name="fields">The fields of the decrypted body.</param>
    /// <param name="event">The event.</param>
    internal static bool TryRead(string appId, CallbackFields fields, [NotNullWhen(true)] out IWeChatEvent? @event) =>
        TryRead(appId, fields, deduplicationKey: null, out @event);

    private static bool TryRead(string appId, CallbackFields fields, string? deduplicationKey, [NotNullWhen(true)] out IWeChatEvent? @event)
    {
        @event = null;
        if (!IsId(fields.FromUserName)
            || !IsId(fields.MessageType)
            || !TryReadTime(fields.CreateTime, out var createdAt)
            || (fields.MessageType is "event" && !IsId(fields.Event)))
        {
            return false;
        }

        var name = fields.MessageType is "event" ? fields.Event : null;
        var callback = new WeChatCallback
        {
            AppId = appId,
            ToUserName = fields.ToUserName ?? "",
            OpenId = fields.FromUserName,
            CreatedAt = createdAt,
            MessageType = fields.MessageType,
            EventName = name,
            DeduplicationKey = deduplicationKey ?? DeduplicationKey(fields, name, createdAt),
            Body = fields.Body,
            Format = fields.Format,
        };
        @event = name?.ToUpperInvariant() switch
        {
            "SUBSCRIBE" => new SubscribeEvent(callback, SubscribeScene(fields.EventKey), NullIfEmpty(fields.Ticket)),
            "UNSUBSCRIBE" => new UnsubscribeEvent(callback),
            "SCAN" => new ScanEvent(callback, NullIfEmpty(fields.EventKey), NullIfEmpty(fields.Ticket)),
            "TEMPLATESENDJOBFINISH" when TryReadMessageId(fields, out var messageId) =>
                new TemplateSendJobFinishEvent(callback, messageId, ReadStatus(fields.Status), fields.Status ?? ""),
            "USER_AUTHORIZATION_REVOKE" when IsId(fields.OpenId) =>
                new AuthorizationRevokedEvent(callback, fields.OpenId, AppIdOf(fields, appId), fields.RevokeInfo),
            "USER_AUTHORIZATION_CANCELLATION" when IsId(fields.OpenId) =>
                new AuthorizationCancelledEvent(callback, fields.OpenId, AppIdOf(fields, appId), fields.RevokeInfo),
            "USER_INFO_MODIFIED" when IsId(fields.OpenId) =>
                new UserInfoModifiedEvent(callback, fields.OpenId, AppIdOf(fields, appId), fields.RevokeInfo),
            "SUBSCRIBE_MSG_POPUP_EVENT" when Choices(fields) is { Count: > 0 } choices => new SubscribeMessagePopupEvent(callback, choices),
            "SUBSCRIBE_MSG_CHANGE_EVENT" when Choices(fields) is { Count: > 0 } choices => new SubscribeMessageChangeEvent(callback, choices),
            "SUBSCRIBE_MSG_SENT_EVENT" when Deliveries(fields) is { Count: > 0 } deliveries => new SubscribeMessageSentEvent(callback, deliveries),
            _ => new OtherEvent(callback),
        };
        return true;
    }

    // The platform's own rule for events is sender and time, under which two of one second are one. What an event is about is its MsgID where it has one
    // at its first level, otherwise everything that it says: its tries are the same in every byte.
    private static string DeduplicationKey(CallbackFields fields, string? eventName, DateTimeOffset createdAt)
    {
        if (eventName is null && TryReadId(fields.MessageId, out var messageId))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{fields.FromUserName}:{messageId}");
        }

        var about = TryReadMessageId(fields, out var eventMessageId)
            ? eventMessageId.ToString(CultureInfo.InvariantCulture)
            : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(fields.Body)).AsSpan(0, 16));
        var name = (eventName ?? fields.MessageType)!.ToLowerInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"{fields.FromUserName}:{createdAt.ToUnixTimeSeconds()}:{name}:{about}");
    }

    private static bool TryReadMessageId(CallbackFields fields, out long messageId) =>
        TryReadId(fields.EventMessageId ?? fields.MessageId, out messageId);

    // A missing id is read as zero.
    private static bool TryReadId(string? text, out long id) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out id) && id != 0;

    private static bool TryReadTime(string? text, out DateTimeOffset time)
    {
        var read = long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var seconds)
            && seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        time = DateTimeOffset.FromUnixTimeSeconds(read ? seconds : 0);
        return read;
    }

    private static TemplateDeliveryStatus ReadStatus(string? text) =>
        string.Concat((text ?? "").Where(static character => !char.IsWhiteSpace(character))).ToUpperInvariant() switch
        {
            "SUCCESS" => TemplateDeliveryStatus.Delivered,
            "FAILED:USERBLOCK" => TemplateDeliveryStatus.UserBlocked,
            "FAILED:SYSTEMFAILED" => TemplateDeliveryStatus.SystemFailed,
            "FAILED:FREQLIMIT" => TemplateDeliveryStatus.FrequencyLimited,
            _ => TemplateDeliveryStatus.Other,
        };

    private static List<SubscribeMessageChoice> Choices(CallbackFields fields) =>
    [
        .. from item in EventItems.Read(fields)
           let templateId = item.GetValueOrDefault("TemplateId")
           where IsId(templateId)
           select new SubscribeMessageChoice(templateId, item.GetValueOrDefault("SubscribeStatusString") ?? "", NullIfEmpty(item.GetValueOrDefault("PopupScene"))),
    ];

    private static List<SubscribeMessageDelivery> Deliveries(CallbackFields fields) =>
    [
        .. from item in EventItems.Read(fields)
           let templateId = item.GetValueOrDefault("TemplateId")
           where IsId(templateId)
           select new SubscribeMessageDelivery(
               templateId,
               TryReadId(item.GetValueOrDefault("MsgID") ?? item.GetValueOrDefault("MsgId"), out var messageId) ? messageId : null,
               int.TryParse(item.GetValueOrDefault("ErrorCode"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var errorCode) ? errorCode : null,
               item.GetValueOrDefault("ErrorStatus") ?? ""),
    ];

    private static string? SubscribeScene(string? eventKey) =>
        eventKey?.StartsWith(ScanPrefix, StringComparison.Ordinal) == true ? eventKey[ScanPrefix.Length..] : null;

    private static string AppIdOf(CallbackFields fields, string appId) => IsId(fields.AppId) ? fields.AppId : appId;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>Whether a text can be kept as an id or a name by any store: not empty, not long, nothing invisible in it.</summary>
    private static bool IsId([NotNullWhen(true)] string? text)
    {
        if (text is not { Length: > 0 and <= MaxIdLength })
        {
            return false;
        }

        foreach (var character in text)
        {
            if (char.IsWhiteSpace(character) || char.IsControl(character))
            {
                return false;
            }
        }

        return true;
    }
}
