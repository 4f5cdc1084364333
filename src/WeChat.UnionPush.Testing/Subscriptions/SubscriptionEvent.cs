using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// The events about subscriptions, with their list of templates. In JSON a list of one is an object, and numbers come as text.
/// See <see href="https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html"/>.
/// </summary>
internal static class SubscriptionEvent
{
    public static void Popup(SimulatedApp app, long person, string templateId, bool accepts) => Raise(
        app, person, "subscribe_msg_popup_event", "SubscribeMsgPopupEvent",
        [("TemplateId", templateId), ("SubscribeStatusString", accepts ? "accept" : "reject"), ("PopupScene", "0")]);

    public static void Change(SimulatedApp app, long person, string templateId) => Raise(
        app, person, "subscribe_msg_change_event", "SubscribeMsgChangeEvent", [("TemplateId", templateId), ("SubscribeStatusString", "reject")]);

    public static void Sent(SimulatedApp app, long person, string templateId, long messageId) => Raise(
        app, person, "subscribe_msg_sent_event", "SubscribeMsgSentEvent",
        [("TemplateId", templateId), ("MsgID", messageId.ToString(CultureInfo.InvariantCulture)), ("ErrorCode", "0"), ("ErrorStatus", "success")]);

    private static void Raise(SimulatedApp app, long person, string name, string container, (string Name, string Value)[] item) =>
        app.Platform.Callbacks.Raise(app, person, name, (callback, openId, now) =>
        {
            (string Name, string Value)[] head =
            [
                ("ToUserName", app.OriginalId), ("FromUserName", openId), ("CreateTime", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
                ("MsgType", "event"), ("Event", name),
            ];
            return callback.UsesJson ? WriteJson(head, item) : WriteXml(head, container, item);
        });

    private static string WriteXml((string Name, string Value)[] head, string container, (string Name, string Value)[] item)
    {
        var xml = new StringBuilder(PushMessage.Write(asJson: false, head));
        xml.Length -= "</xml>".Length;
        xml.Append(CultureInfo.InvariantCulture, $"<{container}><List>");
        foreach (var (name, value) in item)
        {
            // Template ids, numbers and words: nothing that would need escaping.
            xml.Append(name is "PopupScene" or "MsgID" or "ErrorCode" ? $"<{name}>{value}</{name}>" : $"<{name}><![CDATA[{value}]]></{name}>");
        }

        return xml.Append(CultureInfo.InvariantCulture, $"</List></{container}></xml>").ToString();
    }

    private static string WriteJson((string Name, string Value)[] head, (string Name, string Value)[] item)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in head)
            {
                json.WriteString(name, value);
            }

            json.WriteStartObject("List");
            foreach (var (name, value) in item)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
