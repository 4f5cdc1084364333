using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>Makes typed events of decrypted bodies.</summary>
internal static class WeChatEventParser
{
    private const int MaxIdLength = 128;
    private const string ScanPrefix = "qrscene_";

    /// <summary>Reads a decrypted body, as it came or as it was kept.</summary>
    /// <param name="appId">App the push was made to.</param>
    /// <param name="body">The bytes, at most <see cref="WeChatCallbackReader.MaxBodyLength"/>.</param>
    /// <param name="event">The event.</param>
    internal static bool TryParse(string appId, ReadOnlySpan<byte> body, [NotNullWhen(true)] out IWeChatEvent? @event)
    {
        @event = null;
        return CallbackFields.TryParse(body, out var fields) && TryRead(appId, fields, out @event);
    }

    internal static bool TryRead(string appId, CallbackFields fields, [NotNullWhen(true)] out IWeChatEvent? @event)
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
            DeduplicationKey = DeduplicationKey(fields, name, createdAt),
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
            _ => new OtherEvent(callback),
        };
        return true;
    }

    // The platform's own rule for events is sender and time, under which two receipts of one second are one.
    private static string DeduplicationKey(CallbackFields fields, string? eventName, DateTimeOffset createdAt)
    {
        if (eventName is null && long.TryParse(fields.MessageId, NumberStyles.Integer, CultureInfo.InvariantCulture, out var messageId))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{fields.FromUserName}:{messageId}");
        }

        var about = TryReadMessageId(fields, out var eventMessageId) ? eventMessageId.ToString(CultureInfo.InvariantCulture)
            : IsId(fields.OpenId) ? fields.OpenId
            : "";
        var name = (eventName ?? fields.MessageType)!.ToLowerInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"{fields.FromUserName}:{createdAt.ToUnixTimeSeconds()}:{name}:{about}");
    }

    private static bool TryReadMessageId(CallbackFields fields, out long messageId) =>
        long.TryParse(fields.EventMessageId ?? fields.MessageId, NumberStyles.Integer, CultureInfo.InvariantCulture, out messageId);

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
