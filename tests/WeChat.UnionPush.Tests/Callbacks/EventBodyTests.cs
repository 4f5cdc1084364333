using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>Each documented event says the same in XML and in JSON, whether its numbers come as numbers or as text.</summary>
public sealed class EventBodyTests
{
    private const string Template = "hD-ixGOhYmUfjOnI8MCzQMPshzGVeux_2vzyvQu7O68";
    private const string OtherTemplate = "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc";
    private const string Ticket = "gQH47joAAAAAAAAAASxodHRwOi8vd2VpeGluLnFxLmNvbS9xL2taZgAAAA==";

    private static readonly Dictionary<string, (string Event, (string Name, object Value)[] Fields, Func<WeChatCallback, IWeChatEvent> Expected)> Bodies = new()
    {
        ["a follow"] = ("subscribe", [], callback => new SubscribeEvent(callback, null, null)),
        ["a follow with an empty key"] = ("subscribe", [("EventKey", "")], callback => new SubscribeEvent(callback, null, null)),
        ["a follow by a code"] = (
            "subscribe", [("EventKey", "qrscene_unionpush-6F2A"), ("Ticket", Ticket)], callback => new SubscribeEvent(callback, "unionpush-6F2A", Ticket)),
        ["a follow by a code with a number"] = ("subscribe", [("EventKey", "qrscene_123123"), ("Ticket", Ticket)], callback => new SubscribeEvent(callback, "123123", Ticket)),
        ["a leave"] = ("unsubscribe", [], callback => new UnsubscribeEvent(callback)),
        ["a leave with an empty key"] = ("unsubscribe", [("EventKey", "")], callback => new UnsubscribeEvent(callback)),
        ["a scan"] = ("SCAN", [("EventKey", "unionpush-6F2A"), ("Ticket", Ticket)], callback => new ScanEvent(callback, "unionpush-6F2A", Ticket)),
        ["a scan of a code with a number"] = ("SCAN", [("EventKey", 4_294_967_295L), ("Ticket", Ticket)], callback => new ScanEvent(callback, "4294967295", Ticket)),
        ["a message that arrived"] = (
            "TEMPLATESENDJOBFINISH", [("MsgID", 3_717_005_636_572_528_642L), ("Status", "success")],
            callback => new TemplateSendJobFinishEvent(callback, 3_717_005_636_572_528_642, TemplateDeliveryStatus.Delivered, "success")),
        ["a message that is refused"] = (
            "TEMPLATESENDJOBFINISH", [("MsgID", 200163840L), ("Status", "failed:user block")],
            callback => new TemplateSendJobFinishEvent(callback, 200163840, TemplateDeliveryStatus.UserBlocked, "failed:user block")),
        ["a message that failed"] = (
            "TEMPLATESENDJOBFINISH", [("MsgID", 200163841L), ("Status", "failed: system failed")],
            callback => new TemplateSendJobFinishEvent(callback, 200163841, TemplateDeliveryStatus.SystemFailed, "failed: system failed")),
        ["a consent that is taken back"] = (
            "user_authorization_revoke", [("OpenID", "oPerson"), ("AppID", "wx13974bf780d3dc89"), ("RevokeInfo", 301L)],
            callback => new AuthorizationRevokedEvent(callback, "oPerson", "wx13974bf780d3dc89", "301")),
        ["an account that is closed"] = (
            "user_authorization_cancellation", [("OpenID", "oPerson"), ("AppID", "wx13974bf780d3dc89"), ("RevokeInfo", 1L)],
            callback => new AuthorizationCancelledEvent(callback, "oPerson", "wx13974bf780d3dc89", "1")),
        ["details that changed"] = (
            "user_info_modified", [("OpenID", "oPerson"), ("AppID", "wx13974bf780d3dc89"), ("RevokeInfo", 1L)],
            callback => new UserInfoModifiedEvent(callback, "oPerson", "wx13974bf780d3dc89", "1")),
    };

    private static readonly Dictionary<string, (string Event, string Container, (string Name, object Value)[][] Items, Action<IWeChatEvent> Check)> Lists = new()
    {
        ["one answer"] = (
            "subscribe_msg_popup_event", "SubscribeMsgPopupEvent", [Choice(Template, "accept", 0)],
            read => Assert.Equal([new(Template, "accept", "0")], Assert.IsType<SubscribeMessagePopupEvent>(read).Choices)),
        ["two answers"] = (
            "subscribe_msg_popup_event", "SubscribeMsgPopupEvent", [Choice(Template, "reject", 1), Choice(OtherTemplate, "accept", 2)],
            read => Assert.Equal([new(Template, "reject", "1"), new(OtherTemplate, "accept", "2")], Assert.IsType<SubscribeMessagePopupEvent>(read).Choices)),
        ["one setting"] = (
            "subscribe_msg_change_event", "SubscribeMsgChangeEvent", [Choice(Template, "reject", null)],
            read => Assert.Equal([new(Template, "reject", null)], Assert.IsType<SubscribeMessageChangeEvent>(read).Choices)),
        ["two settings"] = (
            "subscribe_msg_change_event", "SubscribeMsgChangeEvent", [Choice(Template, "reject", null), Choice(OtherTemplate, "reject", null)],
            read => Assert.Equal([new(Template, "reject", null), new(OtherTemplate, "reject", null)], Assert.IsType<SubscribeMessageChangeEvent>(read).Choices)),
        ["a message that arrived"] = (
            "subscribe_msg_sent_event", "SubscribeMsgSentEvent", [Delivery(1_700_827_132_819_554_304, 0, "success")],
            read => Assert.Equal([new(Template, 1_700_827_132_819_554_304, 0, "success")], Assert.IsType<SubscribeMessageSentEvent>(read).Deliveries)),
        ["two messages, of which one did not arrive"] = (
            "subscribe_msg_sent_event", "SubscribeMsgSentEvent", [Delivery(1_864_323_726_461_255_680, 0, "success"), Delivery(1_864_323_726_461_255_681, 43101, "user refuse")],
            read => Assert.Equal(
                [new(Template, 1_864_323_726_461_255_680, 0, "success"), new(Template, 1_864_323_726_461_255_681, 43101, "user refuse")],
                Assert.IsType<SubscribeMessageSentEvent>(read).Deliveries)),
    };

    public static TheoryData<string> BodyNames => [.. Bodies.Keys];

    public static TheoryData<string> ListNames => [.. Lists.Keys];

    [Theory, MemberData(nameof(BodyNames))]
    public void An_event_is_read_from_XML_and_JSON_alike(string name)
    {
        var (eventName, fields, expected) = Bodies[name];
        (string, object)[] all = [.. Head(eventName), .. fields];
        foreach (var body in (string[])[$"<xml>{Xml(all)}</xml>", $"<xml>\n{Xml(all, asText: false)}\n</xml>", $"{{{Json(all)}}}", $"{{{Json(all, asText: false)}}}"])
        {
            var read = Read(body);
            Assert.Equal(expected(read.Callback), read);
            Assert.Equal(("o7esq5OI1Uej6Xixw1lA2H7XDVbc", eventName, 1_620_973_045L), (read.Callback.OpenId, read.Callback.EventName, read.Callback.CreatedAt.ToUnixTimeSeconds()));
        }
    }

    [Theory, MemberData(nameof(ListNames))]
    public void An_event_with_a_list_is_read_from_XML_and_JSON_alike_in_its_own_element_or_without(string name)
    {
        var (eventName, container, items, check) = Lists[name];
        foreach (var asText in (bool[])[true, false])
        {
            var xml = string.Concat(items.Select(item => $"<List>{Xml(item, asText)}</List>"));
            var json = string.Join(',', items.Select(item => $"{{{Json(item, asText)}}}"));
            var (xmlHead, jsonHead) = (Xml(Head(eventName), asText), Json(Head(eventName), asText));
            Assert.All([$"<xml>{xmlHead}<{container}>{xml}</{container}></xml>", $"<xml>{xmlHead}{xml}</xml>"], body => check(Read(body)));

            // A list of one may be an object.
            foreach (var list in (string[])[$"[{json}]", .. items.Length == 1 ? [json] : (string[])[]])
            {
                check(Read($"{{{jsonHead},\"List\":{list}}}"));
                check(Read($"{{{jsonHead},\"{container}\":{{\"List\":{list}}}}}"));
            }
        }
    }

    private static (string Name, object Value)[] Head(string eventName) =>
        [("ToUserName", "gh_123456789abc"), ("FromUserName", "o7esq5OI1Uej6Xixw1lA2H7XDVbc"), ("CreateTime", 1_620_973_045L), ("MsgType", "event"), ("Event", eventName)];

    private static (string Name, object Value)[] Choice(string template, string status, long? scene) =>
        [("TemplateId", template), ("SubscribeStatusString", status), .. scene is null ? ((string, object)[])[] : [("PopupScene", scene)]];

    private static (string Name, object Value)[] Delivery(long messageId, long errorCode, string status) =>
        [("TemplateId", Template), ("MsgID", messageId), ("ErrorCode", errorCode), ("ErrorStatus", status)];

    private static string Xml((string Name, object Value)[] fields, bool asText = true) => string.Concat(fields.Select(field =>
        string.Create(CultureInfo.InvariantCulture, $"<{field.Name}>{(asText && field.Value is string ? $"<![CDATA[{field.Value}]]>" : field.Value)}</{field.Name}>\n")));

    private static string Json((string Name, object Value)[] fields, bool asText = true) => string.Join(',', fields.Select(field =>
        string.Create(CultureInfo.InvariantCulture, $"\"{field.Name}\":{(asText || field.Value is string ? JsonSerializer.Serialize($"{field.Value}") : field.Value)}")));

    private static IWeChatEvent Read(string body)
    {
        Assert.True(CallbackFields.TryParse(Encoding.UTF8.GetBytes(body), out var fields), body);
        Assert.True(WeChatEventParser.TryRead("wx1", fields, out var @event), body);
        return @event;
    }
}
