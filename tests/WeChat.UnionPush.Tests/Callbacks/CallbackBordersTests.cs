using System.Text;
using WeChat.UnionPush.Callbacks;
using static WeChat.UnionPush.Tests.Callbacks.PlatformPush;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>The first and the last value on each side of what the callback reads, signs and explains.</summary>
public sealed class CallbackBordersTests
{
    [Theory]
    [InlineData(new[] { 0x61, 0x20, 0x62 }, "a b")]
    [InlineData(new[] { 0x01, 0x61 }, " a")]
    [InlineData(new[] { 0x61, 0x1F }, "a ")]
    [InlineData(new[] { 0x09, 0x0A, 0x0D, 0x20 }, "\t\n\r ")]
    [InlineData(new[] { 0xFFFD, 0xFFFE, 0xFFFF }, "\ufffd\ufffd\ufffd")]
    [InlineData(new[] { 0xD7FF, 0xE000 }, "\ud7ff\ue000")]
    [InlineData(new[] { 0xD800 }, "\ufffd")]
    [InlineData(new[] { 0xDFFF }, "\ufffd")]
    [InlineData(new[] { 0xDBFF, 0x61 }, "\ufffda")]
    [InlineData(new[] { 0xD800, 0xDC00 }, "\ud800\udc00")]
    [InlineData(new[] { 0xDBFF, 0xDFFF }, "\udbff\udfff")]
    [InlineData(new[] { 0xDC00, 0xD800 }, "\ufffd\ufffd")]
    [InlineData(new[] { 0xD800, 0xD800, 0xDC00, 0x02 }, "\ufffd\ud800\udc00 ")]
    public void Characters_that_XML_does_not_allow_are_replaced(int[] units, string mended)
    {
        // As numbers, for half a pair does not come through an attribute.
        var text = string.Concat(units.Select(unit => (char)unit));
        Assert.Equal(mended, CallbackText.Mend(text));
    }

    [Fact]
    public void A_text_without_such_characters_is_the_same_one()
    {
        var text = new string('a', 3);
        Assert.Same(text, CallbackText.Mend(text));
    }

    [Theory]
    [InlineData("""{"a":"b c"}""", """{"a":"b c"}""")]
    [InlineData("\u0001a\u001f", " a ")]
    [InlineData("""\ud800""", """\ufffd""")]
    [InlineData("""\udfff""", """\ufffd""")]
    [InlineData("""\ud7ff\ue000""", """\ud7ff\ue000""")]
    [InlineData("""\ud800\udc00""", """\ud800\udc00""")]
    [InlineData("""\udbff\udfff""", """\udbff\udfff""")]
    [InlineData("""\uDBFF\uDC00""", """\uDBFF\uDC00""")]
    [InlineData("""\udc00\udc00""", """\ufffd\ufffd""")]
    [InlineData("""\ud800\ud800""", """\ufffd\ufffd""")]
    [InlineData("""\ud800\ue000""", """\ufffd\ue000""")]
    [InlineData("""\ud800\udbff\udc00""", """\ufffd\udbff\udc00""")]
    [InlineData("""\ud9d9x""", """\ufffdx""")]
    [InlineData("""\ud800\udc00\ud800""", """\ud800\udc00\ufffd""")]
    [InlineData("\\ud800\\udc00\u0001", "\\ud800\\udc00 ")]
    [InlineData("""\\ud800""", """\\ud800""")]
    [InlineData("""\\\ud800""", """\\\ufffd""")]
    [InlineData("""\ud80""", """\ud80""")]
    [InlineData("""\ud80g""", """\ud80g""")]
    [InlineData("""\n\ud800\n""", """\n\ufffd\n""")]
    public void JSON_is_repaired_in_its_place(string json, string repaired)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        CallbackText.MendJson(bytes);
        Assert.Equal(repaired, Encoding.UTF8.GetString(bytes));
    }

    [Theory]
    [InlineData("61", "a")]
    [InlineData("EFBBBF61", "a")]
    [InlineData("EDA080", "\ufffd")]
    [InlineData("61EDBFBF62", "a\ufffdb")]
    [InlineData("EDA0BDEDB880", "\ufffd\ufffd")]
    [InlineData("EDA080ED9FBFEE8080", "\ufffd\ud7ff\ue000")]
    [InlineData("EDA080E4BDA0", "\ufffd你")]
    [InlineData("E4BDA0EDA080", "你\ufffd")]
    [InlineData("EDA041", null)]
    [InlineData("EDA0", null)]
    [InlineData("C328", null)]
    [InlineData("EDA080C328", null)]
    public void Half_a_pair_in_UTF_8_is_replaced_and_what_else_is_none_is_refused(string bytes, string? text)
    {
        Assert.Equal(text is not null, CallbackText.TryDecode(Convert.FromHexString(bytes), out var read));
        Assert.Equal(text, read);
    }

    [Theory]
    [InlineData(128, 128, true)]
    [InlineData(129, 1, false)]
    [InlineData(1, 129, false)]
    public void A_signed_query_has_parameters_of_128_characters_at_most(int timestampLength, int nonceLength, bool isValid)
    {
        var (timestamp, nonce) = (new string('1', timestampLength), new string('2', nonceLength));
        var crypto = new CallbackCrypto(AppId, Token, Key, null);
        Assert.Equal(isValid, crypto.VerifySignature(Sign(Token, timestamp, nonce), timestamp, nonce));
        Assert.Equal(isValid, crypto.VerifyMessageSignature(Sign(Token, timestamp, nonce, "e"), timestamp, nonce, "e"));
    }

    [Fact]
    public void A_query_without_time_number_or_cipher_text_is_not_signed()
    {
        var crypto = new CallbackCrypto(AppId, Token, Key, null);
        Assert.False(crypto.VerifySignature(Sign(Token, "1"), "1", null));
        Assert.False(crypto.VerifySignature(Sign(Token, "1"), null, "1"));
        Assert.False(crypto.VerifyMessageSignature(Sign(Token, "1", "e"), "1", null, "e"));
        Assert.False(crypto.VerifyMessageSignature(Sign(Token, "1", "e"), null, "1", "e"));
        Assert.False(crypto.VerifyMessageSignature(Sign(Token, "1", "2"), "1", "2", null));
    }

    [Fact]
    public void A_message_without_a_byte_is_one_and_what_has_no_room_for_an_app_is_anothers()
    {
        var crypto = new CallbackCrypto(AppId, Token, Key, null);
        Assert.True(crypto.TryDecrypt(Encrypt(""), out var message, out _));
        Assert.Empty(message);

        // Sixteen random bytes, no length, no app, and padding up to 32.
        Assert.False(crypto.TryDecrypt(EncryptRaw([.. new byte[20], .. Enumerable.Repeat((byte)12, 12)]), out _, out var refusal));
        Assert.Equal(CallbackRefusal.WrongApp, refusal);
        Assert.False(crypto.TryDecrypt(EncryptRaw([.. new byte[19], .. Enumerable.Repeat((byte)13, 13)]), out _, out refusal));
        Assert.Equal(CallbackRefusal.Encryption, refusal);
    }

    [Theory]
    [InlineData(30, 30, null)]
    [InlineData(30, 31, "00:00:31 ahead of")]
    [InlineData(30, -31, "00:00:31 behind")]
    [InlineData(300, 60, null)]
    [InlineData(300, 61, "00:01:01 ahead of")]
    [InlineData(300, 86_399, "23:59:59 ahead of")]
    [InlineData(300, 86_400, "1.00:00:00 ahead of")]
    [InlineData(-1, 86_400, null)]
    public void A_clock_that_is_off_is_told_after_a_minute_or_the_replay_window(int window, int ahead, string? told)
    {
        var reader = Reader(AppId, new WeChatCallbackAppOptions
        {
            Token = Token,
            EncodingAesKey = Key,
            ReplayWindow = window < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(window),
        });
        var text = reader.ExplainClock(PlainQuery(Now - ahead));
        Assert.Equal(told is null, text is null);
        Assert.Contains(told ?? "", text ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void An_explanation_names_the_app_whose_Token_signed_and_both_where_none_did()
    {
        var reader = new CallbackReader(
            [
                App("Callback:OfficialAccount", AppId, new() { Token = Token, EncodingAesKey = Key }),
                App("Callback:MiniProgram", OtherAppId, new() { Token = "Other1", EncodingAesKey = Key }),
            ],
            MaxBodyLength);
        Assert.Contains(" Callback:MiniProgram:EncodingAesKey is not", reader.Explain(CallbackRefusal.Encryption, PlainQuery(token: "Other1")), StringComparison.Ordinal);
        Assert.Contains(
            " Callback:OfficialAccount or Callback:MiniProgram:Token is not", reader.Explain(CallbackRefusal.Signature, PlainQuery(token: "Guess1")), StringComparison.Ordinal);
        Assert.Contains("clock is 00:00:00 ahead of", reader.Explain(CallbackRefusal.Expired, PlainQuery()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("253402300799", true)]
    [InlineData("253402300800", false)]
    [InlineData("-1", false)]
    [InlineData("", false)]
    public void The_time_of_an_event_is_one_that_can_be_kept(string time, bool isRead)
    {
        var read = TryRead(Event($"<CreateTime>{time}</CreateTime>", "subscribe"));
        Assert.Equal(isRead, read is not null);
        Assert.True(!isRead || read!.Callback.CreatedAt.ToUnixTimeSeconds() == long.Parse(time, null));
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_sender_has_128_characters_at_most(int length, bool isRead) =>
        Assert.Equal(isRead, TryRead(Event("<CreateTime>1795312800</CreateTime>", "subscribe", new string('o', length))) is not null);

    [Theory]
    [InlineData("MsgID", "17", 17)]
    [InlineData("MsgId", "17", 17)]
    [InlineData("MsgID", "0", null)]
    [InlineData("MsgID", "x", null)]
    [InlineData("MsgID", "-17", -17)]
    public void The_end_of_a_message_is_read_by_either_spelling_of_its_id(string name, string id, int? read)
    {
        var text = Event("<CreateTime>1795312800</CreateTime>", "TEMPLATESENDJOBFINISH", more: $"<{name}>{id}</{name}><Status>success</Status>");
        Assert.Equal((long?)read, (TryRead(text) as TemplateSendJobFinishEvent)?.MessageId);
    }

    [Theory]
    [InlineData("MsgID", "17", 17)]
    [InlineData("MsgId", "17", 17)]
    [InlineData("MsgId", "0", null)]
    public void The_delivery_of_a_subscribe_message_is_read_by_either_spelling_of_its_id(string name, string id, int? read)
    {
        var list = $"<List><TemplateId>t</TemplateId><{name}>{id}</{name}><ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List>";
        var sent = Assert.IsType<SubscribeMessageSentEvent>(TryRead(Event("<CreateTime>1795312800</CreateTime>", "subscribe_msg_sent_event", more: list)));
        Assert.Equal([new SubscribeMessageDelivery("t", read, 0, "success")], sent.Deliveries);
    }

    private static string Event(string time, string name, string sender = "o1", string more = "") =>
        $"<xml><FromUserName>{sender}</FromUserName>{time}<MsgType>event</MsgType><Event>{name}</Event>{more}</xml>";

    // Pushes are refused by the time of the query, not by that of the event.
    private static IWeChatEvent? TryRead(string text) =>
        Reader(WeChatCallbackMode.Plain).TryRead(PlainQuery(), Encoding.UTF8.GetBytes(text), out var read, out _) ? read : null;
}
