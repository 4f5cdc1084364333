using System.Text.Json;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedTemplateTests
{
    private static async Task<JsonElement> PostAsync(PlatformFixture fixture, string path, string body) =>
        await fixture.PostAsync($"{path}?access_token={await fixture.TokenAsync()}", body);

    private static async Task<JsonElement> GetAsync(PlatformFixture fixture, string path) =>
        await fixture.GetAsync($"{path}?access_token={await fixture.TokenAsync()}");

    [Fact]
    public async Task The_list_shows_both_kinds_of_templates()
    {
        using var fixture = new PlatformFixture();
        var category = fixture.Account.AddTemplate("下单", "商品:{{thing1.DATA}}\n{{remark.DATA}}", "商品:茶");
        var historical = fixture.Account.AddTemplate("支付", "{{first.DATA}}\n{{keyword1.DATA}}", templateId: "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY");
        Assert.False(category.IsHistorical);
        Assert.True(historical.IsHistorical);
        Assert.Equal(["thing1", "remark"], category.Keys);
        var list = await GetAsync(fixture, "/cgi-bin/template/get_all_private_template");
        Assert.False(list.TryGetProperty("errcode", out _));
        var rows = list.GetProperty("template_list");
        Assert.Equal(2, rows.GetArrayLength());
        Assert.Equal(category.Id, rows[0].GetProperty("template_id").GetString());
        Assert.Equal("IT科技", rows[0].GetProperty("primary_industry").GetString());
        Assert.Equal("互联网|电子商务", rows[0].GetProperty("deputy_industry").GetString());
        Assert.Equal("商品:{{thing1.DATA}}\n{{remark.DATA}}", rows[0].GetProperty("content").GetString());
        Assert.Throws<ArgumentException>(() => fixture.Account.AddTemplate("空", "nothing"));
        Assert.Throws<ArgumentException>(() => fixture.Account.AddTemplate("双", "{{thing1.DATA}}", templateId: historical.Id));
    }

    [Fact]
    public async Task Templates_come_from_the_library_and_can_be_deleted()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.AddLibraryTemplate("47123", "订单支付成功通知", ("商品名称", "thing"), ("支付时间", "time"), ("金额", "amount"));
        var added = await PostAsync(fixture, "/cgi-bin/template/api_add_template", """{"template_id_short":"47123","keyword_name_list":["金额","商品名称"]}""");
        Assert.Equal("ok", ErrorText(added));
        var template = Assert.Single(fixture.Account.Templates);
        Assert.Equal(template.Id, added.GetProperty("template_id").GetString());
        Assert.Equal("金额:{{amount3.DATA}}\n商品名称:{{thing1.DATA}}", template.Content);
        Assert.Equal(40247, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_add_template", """{"template_id_short":"TM00015"}""")));
        Assert.Equal(40247, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_add_template", """{"template_id_short":"OPENTM207"}""")));
        Assert.Equal(40037, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_add_template", """{"template_id_short":"1"}""")));
        Assert.Equal(40246, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_add_template", """{"template_id_short":"47123","keyword_name_list":["颜色"]}""")));
        Assert.Equal(0, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/del_private_template", $$"""{"template_id":"{{template.Id}}"}""")));
        Assert.Equal(40037, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/del_private_template", $$"""{"template_id":"{{template.Id}}"}""")));
        Assert.Empty(fixture.Account.Templates);
        for (var i = 0; i < 25; i++)
        {
            Assert.Equal(0, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_add_template", """{"template_id_short":"47123"}""")));
        }

        Assert.Equal(45026, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_add_template", """{"template_id_short":"47123"}""")));
    }

    [Fact]
    public async Task A_change_of_industry_deletes_the_templates_of_the_old_one_and_is_allowed_once_a_month()
    {
        using var fixture = new PlatformFixture();
        fixture.Account.AddTemplate("下单", "{{thing1.DATA}}");
        var industry = await GetAsync(fixture, "/cgi-bin/template/get_industry");
        Assert.Equal("互联网|电子商务", industry.GetProperty("primary_industry").GetProperty("second_class").GetString());
        Assert.Equal(0, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_set_industry", """{"industry_id1":"10","industry_id2":"41"}""")));
        Assert.Empty(fixture.Account.Templates);
        Assert.Equal((10, 41), fixture.Account.Industry);
        Assert.Equal("餐饮", (await GetAsync(fixture, "/cgi-bin/template/get_industry")).GetProperty("primary_industry").GetProperty("first_class").GetString());
        Assert.Equal(43100, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_set_industry", """{"industry_id1":"1","industry_id2":"2"}""")));
        fixture.Time.Advance(TimeSpan.FromDays(31));
        Assert.Equal(0, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_set_industry", """{"industry_id1":"1","industry_id2":"2"}""")));
        Assert.NotEqual(0, ErrorCode(await PostAsync(fixture, "/cgi-bin/template/api_set_industry", """{"industry_id1":"42","industry_id2":"2"}""")));
    }

    [Fact]
    public async Task Blocked_messages_are_listed_in_every_shape_that_was_seen()
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("下单", "{{thing1.DATA}}");
        template.State = SimulatedTemplateState.ContentBlocked;
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        async Task<JsonElement> List() =>
            (await PostAsync(fixture, "/wxa/sec/queryblocktmplmsg", $$"""{"tmpl_msg_id":"{{template.Id}}","largest_id":0,"limit":100}""")).GetProperty("msginfo");

        Assert.Equal("[]", (await List()).GetRawText());
        await fixture.SendAsync(person.OpenIdIn(fixture.Account), template.Id, """{"thing1":{"value":"x"}}""");
        Assert.Equal(1, (await List()).GetProperty("id").GetInt64());
        await fixture.SendAsync(person.OpenIdIn(fixture.Account), template.Id, """{"thing1":{"value":"x"}}""");
        var two = await List();
        Assert.Equal("2", two[1].GetProperty("id").GetString());
        Assert.Equal(person.OpenIdIn(fixture.Account), two[1].GetProperty("openid").GetString());
    }
}
