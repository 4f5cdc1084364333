using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace WeChat.UnionPush.Tests.Messages;

public sealed class TemplateMessageJsonTests
{
    [Fact]
    public void The_classic_message_is_written_exactly()
    {
        var message = TemplateMessage.Create("ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY")
            .Url("http://weixin.qq.com/download")
            .OpenMiniProgram("xiaochengxuappid12345", "index?foo=bar")
            .Set("first", "恭喜你购买成功!", "#173177")
            .Set("keyword1", "巧克力", "#173177")
            .Set("keyword2", "39.8元", "#173177")
            .Set("keyword3", "2014年9月22日", "#173177")
            .Set("remark", "欢迎再次购买!", "#173177")
            .Build();

        Assert.Equal(
            """
            {"touser":"OPENID","template_id":"ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY","url":"http://weixin.qq.com/download",
            "miniprogram":{"appid":"xiaochengxuappid12345","pagepath":"index?foo=bar"},"data":{
            "first":{"value":"恭喜你购买成功!","color":"#173177"},
            "keyword1":{"value":"巧克力","color":"#173177"},
            "keyword2":{"value":"39.8元","color":"#173177"},
            "keyword3":{"value":"2014年9月22日","color":"#173177"},
            "remark":{"value":"欢迎再次购买!","color":"#173177"}}}
            """.ReplaceLineEndings(""),
            Json(message, null));
    }

    [Fact]
    public void What_is_not_set_is_left_out()
    {
        Assert.Equal("""{"touser":"OPENID","template_id":"T","data":{"thing1":{"value":"a"}}}""", Json(TemplateMessage.Create("T").Set("thing1", "a").Build(), null));
        Assert.Equal(
            """{"touser":"OPENID","template_id":"T","miniprogram":{"appid":"wx1"},"client_msg_id":"id-1","data":{"thing1":{"value":"a"}}}""",
            Json(TemplateMessage.Create("T").Set("thing1", "a").OpenMiniProgram("wx1").Build(), "id-1"));
    }

    [Fact]
    public void Only_the_quote_the_backslash_and_control_characters_are_escaped()
    {
        const string Text = "中文 😀👨‍👩‍👧 + & < > ' / \u3000\u2028\u2029\u007f\u0080é";

        Assert.Contains($"\"value\":\"{Text}\"", JsonOf(Text), StringComparison.Ordinal);
        Assert.Contains("\"value\":\"\\\"\\\\\\n\\r\\t\\u0000\\u0008\\u001f\"", JsonOf("\"\\\n\r\t\0\b\u001f"), StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character() =>
        Assert.Contains("\"value\":\"a\ufffdb\ufffd\ufffd\\n\ufffd\"", JsonOf("a\ud83db\ude00\ud83d\n\ude00"), StringComparison.Ordinal);

    [Fact]
    public void Any_text_reads_back_as_it_was() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll<NonNull<string>, NonNull<string>>((key, value) =>
    {
        var message = TemplateMessage.Create("T").Set("k" + key.Get, value.Get, value.Get).Url("https://" + value.Get).OpenMiniProgram("x" + key.Get, "p" + value.Get).Build();

        using var document = JsonDocument.Parse(Json(message, null));

        var field = document.RootElement.GetProperty("data").EnumerateObject().Single();
        var expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value.Get));
        return field.Name == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("k" + key.Get))
            && field.Value.GetProperty("value").GetString() == expected
            && field.Value.GetProperty("color").GetString() == expected
            && document.RootElement.GetProperty("url").GetString() == "https://" + expected
            && document.RootElement.GetProperty("miniprogram").GetProperty("pagepath").GetString() == "p" + expected;
    }));

    [Fact]
    public void The_longest_text_and_the_most_escapes_fit()
    {
        var text = new string('\u0001', 50_000);

        Assert.Contains(string.Concat(Enumerable.Repeat("\\u0001", 50_000)), JsonOf(text), StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_to_a_pooled_buffer_allocates_nothing()
    {
        var message = TemplateMessage.Create("ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY")
            .Thing("thing1", "微信小程序\"用户\"的订单😀").Amount("amount2", 39.8m).Set("time3", "10:00").Set("keyword4", "\n", "#173177").Set("keyword5", "任意文本")
            .Url("https://example.com/orders/42").OpenMiniProgram("wx0123456789abcdef", "pages/order?id=42").Build();
        using var buffer = new PooledBuffer();
        message.WriteTo(buffer, "oAbCdEfGhIjKlMnOpQrStUvWxYz0", "0f8fad5bd9cb469fa16570867728950e");
        buffer.Clear();

        var before = GC.GetAllocatedBytesForCurrentThread();
        message.WriteTo(buffer, "oAbCdEfGhIjKlMnOpQrStUvWxYz0", "0f8fad5bd9cb469fa16570867728950e");
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.NotEqual(0, buffer.WrittenCount);
    }

    private static string JsonOf(string value) => Json(TemplateMessage.Create("T").Set("thing1", value).Build(), null);

    private static string Json(TemplateMessage message, string? clientMessageId)
    {
        using var buffer = new PooledBuffer(16);
        message.WriteTo(buffer, "OPENID", clientMessageId);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer.WrittenSpan);
    }
}
