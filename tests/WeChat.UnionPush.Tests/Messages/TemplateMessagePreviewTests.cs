namespace WeChat.UnionPush.Tests.Messages;

public sealed class TemplateMessagePreviewTests
{
    [Fact]
    public void A_message_is_laid_out_by_its_template()
    {
        var template = new MessageTemplate("T", "订单支付成功", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}\n");
        var message = TemplateMessage.Create("T").Amount("amount2", 39.8m).Thing("thing1", "巧克力").Url("https://example.com/42").Build();

        Assert.Equal("订单支付成功\n商品名称:巧克力\n支付金额:¥39.80\n支付时间:\n详情 > https://example.com/42", message.Preview(template));
    }

    [Fact]
    public void What_the_phone_does_not_show_is_not_shown()
    {
        var template = new MessageTemplate("H", "购买成功", "{{first.DATA}}\n商品:{{keyword1.DATA}}\n余额:{{keyword2.DATA}}元\n{{remark.DATA}}");
        var message = TemplateMessage.Create("H").Set("first", "恭喜").Set("keyword1", "一二三四五六七八九十一二三四五六七八九十百\n千").Set("keyword2", "5\n6").Set("remark", "欢迎")
            .Set("keyword3", "x").Url("https://example.com").OpenMiniProgram("wx1", "pages/order?id=42").Build();

        Assert.Equal("购买成功\n商品:一二三四五六七八九十一二三四五六七八九十…\n余额:5元\n小程序 > pages/order?id=42", message.Preview(template));
    }

    [Fact]
    public void Without_a_template_the_keys_stand_for_the_labels()
    {
        var message = TemplateMessage.Create("T").Set("first", "恭喜").Set("keyword1", "巧克力\n半价").Thing("thing2", "a").OpenMiniProgram("wx1").Build();

        Assert.Equal("T\nkeyword1:巧克力\nthing2:a\n小程序 > wx1", message.Preview());
    }

    [Fact]
    public void A_message_that_asks_to_be_trimmed_is_shown_trimmed()
    {
        var message = TemplateMessage.Create("T").Thing("thing1", "一二三四五六七八九十一二三四五六七八九十百").WhenValuesDoNotFit(TemplateValuePolicy.Trim).ClientMessageId("id").Build();

        Assert.Equal("T\nthing1:一二三四五六七八九十一二三四五六七八九…", message.Preview());
        Assert.Equal("""{"touser":"OPENID","template_id":"T","client_msg_id":"id","data":{"thing1":{"value":"一二三四五六七八九十一二三四五六七八九…"}}}""", message.ToJson("OPENID"));
        Assert.ThrowsAny<ArgumentException>(() => message.ToJson(" "));
    }
}
