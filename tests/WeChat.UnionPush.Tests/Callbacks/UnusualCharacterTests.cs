using System.Text;
using static WeChat.UnionPush.Tests.Callbacks.PlatformPush;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>Characters that XML, JSON or UTF-8 does not allow, which users write and the platform hands on, lose no event.</summary>
public sealed class UnusualCharacterTests
{
    public static TheoryData<string> Xml =>
    [
        "<Content>a&#x2;b</Content>", "<Content>&#0;</Content>", "<Content>&#x1F;&#8;</Content>", "<Content>&#xFFFE;&#65535;</Content>",
        "<Content>&#xD800;</Content>", "<Content>&#xDC00;x</Content>", "<Content>&#xD83D;&#xDE00;</Content>",
        "<Content><![CDATA[a\ufffeb\uffff]]></Content>", "<Content>\ufffe</Content>", "<Content><![CDATA[\u0000\u0001\u0008\u000b\u000c\u000e\u001f]]></Content>",
        "<Content><![CDATA[\u007f\u0080\u0085\u009f\u2028\ufdd0]]></Content>", "<Content Attribute='&#x2;\u0001\ufffe'/>", "<!-- \u0002\ufffe --><Content/>",
    ];

    public static TheoryData<string> Json =>
    [
        """ "Content":"\u0000\u0002" """, """ "Content":"\ud800" """, """ "Content":"\udc00x\ud83d" """, """ "Content":"\ud83d\ude00" """, """ "Content":"\\ud800" """,
        """ "EventKey":"a\ud800b" """, """ "EventKey":"a\\\ud800b" """, """ "\ud800":"x" """, " \"Content\":\"\u0000\u0001\n\t\ufffe\uffff\" ",
        """ "List":{"a":["\ud800",{"\udfff":"\u0001"}]} """,
    ];

    [Theory]
    [MemberData(nameof(Xml))]
    public void In_XML(string field)
    {
        var text = Subscribe.Replace("</xml>", field + "</xml>", StringComparison.Ordinal);
        foreach (var read in new[] { ReadPlain(text), ReadSafe(Encoding.UTF8.GetBytes(text)) })
        {
            Assert.Equal("oAbCdEfGhIjKlMnOpQrStUvWxYz0", Assert.IsType<SubscribeEvent>(read).Callback.OpenId);
            Assert.Equal(text, read.Callback.Body);
            Assert.Equivalent(read, Again(read));
        }
    }

    [Theory]
    [MemberData(nameof(Json))]
    public void In_JSON(string field)
    {
        var text = $$"""{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1795312800,"MsgType":"event","Event":"subscribe",{{field}}}""";
        foreach (var read in new[] { ReadPlain(text), ReadSafe(Encoding.UTF8.GetBytes(text)) })
        {
            Assert.Equal("o1", Assert.IsType<SubscribeEvent>(read).Callback.OpenId);
            Assert.Equal(text, read.Callback.Body);
            Assert.Equivalent(read, Again(read));
        }
    }

    [Theory]
    [InlineData("qrscene_a&#x2;b", "a b")]
    [InlineData("qrscene_a&#xFFFE;b", "a\ufffdb")]
    [InlineData("qrscene_&#xD83D;", "\ufffd")]
    [InlineData("<![CDATA[qrscene_a\ufffeb]]>", "a\ufffdb")]
    [InlineData("<![CDATA[qrscene_a\u0001b]]>", "a b")]
    [InlineData("<![CDATA[qrscene_a&#x2;b]]>", "a&#x2;b")]
    [InlineData("qrscene_恭喜😀", "恭喜😀")]
    public void What_an_event_tells_holds_none_of_them(string key, string scene) =>
        Assert.Equal(scene, Assert.IsType<SubscribeEvent>(ReadPlain(Subscribe.Replace("</xml>", $"<EventKey>{key}</EventKey></xml>", StringComparison.Ordinal))).Scene);

    [Theory]
    [InlineData("<List><TemplateId>t</TemplateId><SubscribeStatusString>reject</SubscribeStatusString><Title><![CDATA[a\u0001b\ufffe]]></Title></List>")]
    [InlineData("<Remark>\u0002</Remark><List><TemplateId>t</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List>")]
    public void In_the_items_of_a_list_in_XML(string list)
    {
        var text = Subscribe.Replace("[CDATA[subscribe]]", "[CDATA[subscribe_msg_popup_event]]", StringComparison.Ordinal)
            .Replace("</xml>", list + "</xml>", StringComparison.Ordinal);
        Assert.Equal([new("t", "reject", null)], Assert.IsType<SubscribeMessagePopupEvent>(ReadPlain(text)).Choices);
    }

    [Theory]
    [InlineData("""{"TemplateId":"t","SubscribeStatusString":"reject","Title":"a\ud800b"}""")]
    [InlineData("{\"TemplateId\":\"t\",\"SubscribeStatusString\":\"reject\",\"Title\":\"\u0001\"}")]
    public void In_the_items_of_a_list_in_JSON(string item)
    {
        var text = $$"""{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1795312800,"MsgType":"event","Event":"subscribe_msg_popup_event","List":{{item}}}""";
        Assert.Equal([new("t", "reject", null)], Assert.IsType<SubscribeMessagePopupEvent>(ReadPlain(text)).Choices);
    }

    [Fact]
    public void Half_a_surrogate_pair_encoded_like_a_character_is_replaced_and_what_else_is_not_UTF_8_is_refused()
    {
        var (head, tail) = (Encoding.UTF8.GetBytes(Subscribe[..^6] + "<Content>"), Encoding.UTF8.GetBytes("</Content></xml>"));
        foreach (var halves in new byte[][] { [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80] })
        {
            var read = ReadSafe([.. head, .. halves, .. tail]);
            Assert.Contains($"<Content>{new string('\ufffd', halves.Length / 3)}</Content>", read.Callback.Body, StringComparison.Ordinal);
        }

        foreach (var other in new byte[][] { [0xff], [0xc3, 0x28], [0xed, 0xa0], [0xf5, 0x80, 0x80, 0x80], [0xc0, 0x80] })
        {
            var encrypted = Encrypt([.. head, .. other, .. tail]);
            Assert.False(Reader(WeChatCallbackMode.Safe).TryRead(SafeQuery(encrypted), SafeBody(encrypted), out _, out var refusal));
            Assert.Equal(CallbackRefusal.Malformed, refusal);
        }
    }

    private static IWeChatEvent ReadPlain(string text)
    {
        Assert.True(Reader(WeChatCallbackMode.Plain).TryRead(PlainQuery(), Encoding.UTF8.GetBytes(text), out var read, out var refusal), $"{refusal}");
        return read;
    }

    private static IWeChatEvent ReadSafe(byte[] message)
    {
        var encrypted = Encrypt(message);
        Assert.True(Reader(WeChatCallbackMode.Safe).TryRead(SafeQuery(encrypted), SafeBody(encrypted), out var read, out var refusal), $"{refusal}");
        return read;
    }

    /// <summary>As it is read when it comes out of the inbox.</summary>
    private static IWeChatEvent Again(IWeChatEvent read)
    {
        Assert.True(WeChatEventParser.TryParse(read.Callback.AppId, read.Callback.DeduplicationKey, read.Callback.Body, out var again));
        return again;
    }
}
