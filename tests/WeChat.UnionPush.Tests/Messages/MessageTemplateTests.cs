namespace WeChat.UnionPush.Tests.Messages;

public sealed class MessageTemplateTests
{
    [Fact]
    public void Keys_come_in_order_with_their_labels_and_types()
    {
        var template = new MessageTemplate(
            "T", "订单支付成功", "商品名称\uff1a{{thing1.DATA}}\n支付金额: {{amount2.DATA}}\r\n{{time3.DATA}}\n编号 {{character_string4.DATA}} 状态 \uff1a {{hologram5.DATA}}\n");

        Assert.Equal(
            [
                new("thing1", "商品名称", TemplateParameterType.Thing), new("amount2", "支付金额", TemplateParameterType.Amount), new("time3", "", TemplateParameterType.Time),
                new("character_string4", "编号", TemplateParameterType.CharacterString), new("hologram5", "状态", TemplateParameterType.Untyped),
            ],
            template.Keys);
        Assert.False(template.IsHistorical);
    }

    [Fact]
    public void A_template_without_typed_keys_is_historical()
    {
        var template = new MessageTemplate("T", "领取奖金提醒",
            "{{result.DATA}}\n\n领奖金额\uff1a{{withdrawMoney.DATA}}\n领奖  时间:{{withdrawTime.DATA}}\n银行信息:{{cardInfo.DATA}}\n到账时间:  {{arrivedTime.DATA}}\n{{remark.DATA}}");

        Assert.True(template.IsHistorical);
        Assert.Equal(["result", "withdrawMoney", "withdrawTime", "cardInfo", "arrivedTime", "remark"], template.Keys.Select(key => key.Name));
        Assert.Equal(["", "领奖金额", "领奖  时间", "银行信息", "到账时间", ""], template.Keys.Select(key => key.Label));
        Assert.True(new MessageTemplate("T", "", "").IsHistorical);
    }

    [Theory]
    [InlineData("{{thing1.DATA}}", "thing1")]
    [InlineData("{ {thing1.DATA} }", "thing1")]
    [InlineData("{ { thing1.DATA } }", "thing1")]
    [InlineData("{{{thing1.DATA}}}", "thing1")]
    [InlineData("{{thing1.DATA}}{{thing1.DATA}}", "thing1")]
    [InlineData("{{姓名.DATA}}", "姓名")]
    [InlineData("{{thing1.data}} {{.DATA}} {thing1.DATA} {{thing1}} {{thing 1.DATA}} {{thing1.DATA} {{ {", "")]
    [InlineData("{{a.DATA{{b.DATA}}", "b")]
    [InlineData("", "")]
    public void Only_complete_places_name_a_key(string content, string keys) =>
        Assert.Equal(keys.Split(',', StringSplitOptions.RemoveEmptyEntries), new MessageTemplate("T", "t", content).Keys.Select(key => key.Name));

    [Fact]
    public void A_template_without_an_id_is_refused()
    {
        Assert.Throws<ArgumentException>("id", () => new MessageTemplate(" ", "t", "c"));
        Assert.Throws<ArgumentNullException>("title", () => new MessageTemplate("T", null!, "c"));
        Assert.Throws<ArgumentNullException>("content", () => new MessageTemplate("T", "t", null!));
    }
}
