using System.Text;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>The platform's events about subscribe messages, as its pages show them in XML and in JSON.</summary>
public sealed class SubscribeEventTests
{
    private const string Template = "hD-ixGOhYmUfjOnI8MCzQMPshzGVeux_2vzyvQu7O68";
    private const string OtherTemplate = "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc";

    private const string XmlHead =
        "<xml>\n  <ToUserName><![CDATA[gh_123456789abc]]></ToUserName>\n  <FromUserName><![CDATA[o7esq5OI1Uej6Xixw1lA2H7XDVbc]]></FromUserName>\n" +
        "  <CreateTime>1620973045</CreateTime>\n  <MsgType><![CDATA[event]]></MsgType>\n";

    private const string JsonHead =
        """{"ToUserName":"gh_123456789abc","FromUserName":"o7esq5OI1Uej6Xixw1lA2H7XDVbc","CreateTime":"1620973045","MsgType":"event",""";

    public static TheoryData<string> Popups =>
    [
        XmlHead + $"""
            <Event><![CDATA[subscribe_msg_popup_event]]></Event>
            <SubscribeMsgPopupEvent>
              <List><TemplateId><![CDATA[{Template}]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>0</PopupScene></List>
              <List><TemplateId><![CDATA[{OtherTemplate}]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString><PopupScene>0</PopupScene></List>
            </SubscribeMsgPopupEvent></xml>
            """,
        XmlHead + $"""
            <Event><![CDATA[subscribe_msg_popup_event]]></Event>
            <List><TemplateId>{Template}</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>0</PopupScene></List>
            <List><TemplateId>{OtherTemplate}</TemplateId><SubscribeStatusString>reject</SubscribeStatusString><PopupScene>0</PopupScene></List></xml>
            """,
        JsonHead + $$"""
            "Event":"subscribe_msg_popup_event","List":[{"TemplateId":"{{Template}}","SubscribeStatusString":"accept","PopupScene":"0"},
            {"TemplateId":"{{OtherTemplate}}","SubscribeStatusString":"reject","PopupScene":0}]}
            """,
        JsonHead + $$"""
            "Event":"subscribe_msg_popup_event","SubscribeMsgPopupEvent":{"List":[{"TemplateId":"{{Template}}","SubscribeStatusString":"accept","PopupScene":"0"},
            {"TemplateId":"{{OtherTemplate}}","SubscribeStatusString":"reject","PopupScene":"0"}]} }
            """,
    ];

    public static TheoryData<string> Changes =>
    [
        XmlHead + $"""
            <Event><![CDATA[subscribe_msg_change_event]]></Event>
            <SubscribeMsgChangeEvent><List>
            <TemplateId><![CDATA[{Template}]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString></List></SubscribeMsgChangeEvent></xml>
            """,
        JsonHead + $$"""
            "Event":"subscribe_msg_change_event","List":{"TemplateId":"{{Template}}","SubscribeStatusString":"reject"} }
            """,
        JsonHead + $$"""
            "Event":"subscribe_msg_change_event","List":[{"TemplateId":"{{Template}}","SubscribeStatusString":"reject"}]}
            """,
    ];

    public static TheoryData<string> Sents =>
    [
        XmlHead + $"""
            <Event><![CDATA[subscribe_msg_sent_event]]></Event>
            <SubscribeMsgSentEvent><List><TemplateId><![CDATA[{Template}]]></TemplateId>
            <MsgID>1864323726461255680</MsgID><ErrorCode>0</ErrorCode><ErrorStatus><![CDATA[success]]></ErrorStatus></List></SubscribeMsgSentEvent></xml>
            """,
        JsonHead + $$"""
            "Event":"subscribe_msg_sent_event","List":{"TemplateId":"{{Template}}","MsgID":"1864323726461255680","ErrorCode":"0","ErrorStatus":"success"} }
            """,
        JsonHead + $$"""
            "Event":"subscribe_msg_sent_event","List":[{"TemplateId":"{{Template}}","MsgID":1864323726461255680,"ErrorCode":0,"ErrorStatus":"success"}]}
            """,
    ];

    [Theory, MemberData(nameof(Popups))]
    public void The_answers_to_a_question_are_read_for_each_template(string body)
    {
        var popup = Assert.IsType<SubscribeMessagePopupEvent>(Read(body));
        Assert.Equal([new(Template, "accept", "0"), new(OtherTemplate, "reject", "0")], popup.Choices);
        Assert.Equal([true, false], popup.Choices.Select(choice => choice.IsAccepted));
        Assert.Equal(("o7esq5OI1Uej6Xixw1lA2H7XDVbc", 1620973045), (popup.Callback.OpenId, popup.Callback.CreatedAt.ToUnixTimeSeconds()));
    }

    [Theory, MemberData(nameof(Changes))]
    public void A_change_in_the_settings_is_read(string body) =>
        Assert.Equal([new(Template, "reject", null)], Assert.IsType<SubscribeMessageChangeEvent>(Read(body)).Choices);

    [Theory, MemberData(nameof(Sents))]
    public void What_became_of_a_message_is_read(string body) =>
        Assert.Equal([new(Template, 1864323726461255680, 0, "success")], Assert.IsType<SubscribeMessageSentEvent>(Read(body)).Deliveries);

    [Theory]
    [InlineData("""{"Event":"subscribe_msg_popup_event"}""")]
    [InlineData("""{"Event":"subscribe_msg_popup_event","List":[]}""")]
    [InlineData("""{"Event":"subscribe_msg_popup_event","List":"none"}""")]
    [InlineData("""{"Event":"subscribe_msg_popup_event","List":[null,7,{"SubscribeStatusString":"accept"}]}""")]
    [InlineData("""{"Event":"subscribe_msg_sent_event","List":{"TemplateId":""}}""")]
    public void An_event_without_a_template_is_another_event(string body) => Assert.IsType<OtherEvent>(Read(JsonHead + body[1..]));

    [Fact]
    public void Two_events_of_one_second_that_say_something_else_are_two()
    {
        var first = Read(Sents.First().Data);
        var second = Read(Sents.First().Data.Replace("1864323726461255680", "1864323726461255681", StringComparison.Ordinal));
        Assert.NotEqual(first.Callback.DeduplicationKey, second.Callback.DeduplicationKey);
        Assert.Equal(first.Callback.DeduplicationKey, Read(Sents.First().Data).Callback.DeduplicationKey);
    }

    private static IWeChatEvent Read(string body)
    {
        Assert.True(CallbackFields.TryParse(Encoding.UTF8.GetBytes(body), out var fields));
        Assert.True(WeChatEventParser.TryRead("wx1", fields, out var @event));
        return @event;
    }
}
