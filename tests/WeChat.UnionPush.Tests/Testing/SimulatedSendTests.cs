using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedSendTests
{
    private const string Classic = "{{first.DATA}}\n商品:{{keyword1.DATA}}\n价格:{{keyword2.DATA}}\n{{remark.DATA}}";
    private const string Category = "商品:{{thing1.DATA}}\n金额:{{amount2.DATA}}";
    private const string GoodData = """{"thing1":{"value":"巧克力"},"amount2":{"value":"¥39.80"}}""";

    private static SimulatedPerson Follower(PlatformFixture fixture)
    {
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        return person;
    }

    [Fact]
    public async Task An_accepted_message_is_delivered_with_a_number_beyond_53_bits()
    {
        using var fixture = new PlatformFixture();
        var person = Follower(fixture);
        var template = fixture.Account.AddTemplate("订单", Category);
        fixture.Account.Associate(fixture.MiniProgram);
        var answer = await fixture.SendAsync(
            person.OpenIdIn(fixture.Account), template.Id, GoodData,
            $$""","url":"https://example.com/1","miniprogram":{"appid":"{{fixture.MiniProgram.AppId}}","pagepath":"index?foo=bar"}""");
        Assert.Equal("ok", ErrorText(answer));
        var id = answer.GetProperty("msgid").GetInt64();
        Assert.True(id > 1L << 53);
        var message = fixture.Account.FindMessage(id)!;
        Assert.Same(message, Assert.Single(fixture.Account.MessagesTo(person)));
        Assert.Equal(person, message.Person);
        Assert.Equal("商品:巧克力\n金额:¥39.80", message.Text);
        Assert.Equal("https://example.com/1", message.Url);
        Assert.Equal(fixture.MiniProgram.AppId, message.MiniProgramAppId);
        Assert.Equal("index?foo=bar", message.PagePath);
        Assert.Equal(43, template.Id.Length);
        Assert.Equal(1, fixture.Account.DeliveredCount);
    }

    [Fact]
    public async Task A_historical_template_cuts_and_drops_without_a_word()
    {
        using var fixture = new PlatformFixture();
        var person = Follower(fixture);
        var template = fixture.Account.AddTemplate("订单", Classic);
        Assert.True(template.IsHistorical);
        var twenty = new string('长', 20);
        await fixture.SendAsync(person.OpenIdIn(fixture.Account), template.Id, $$$"""
            {"first":{"value":"恭喜"},"keyword1":{"value":"{{{twenty}}}长","color":"#173177"},"keyword2":{"value":"一行\n两行"},"remark":{"value":"再来"},"other":{"value":"x"}}
            """);
        var message = Assert.Single(fixture.Account.Messages);
        Assert.Equal([new("keyword1", twenty + "…"), new("keyword2", "一行")], message.Values);
        Assert.Equal($"商品:{twenty}…\n价格:一行", message.Text);
    }

    [Theory]
    [InlineData("""{"thing1":{"value":"巧克力"}}""", "data.amount2.value is emtpy")]
    [InlineData("""{"thing1":{"value":""},"amount2":{"value":"¥1"}}""", "data.thing1.value is emtpy")]
    [InlineData("""{"thing1":{"value":"一二三四五六七八九十一二三四五六七八九十一"},"amount2":{"value":"¥1"}}""", "data.thing1.value invalid")]
    [InlineData("""{"thing1":{"value":"巧克力"},"amount2":{"value":"many"}}""", "data.amount2.value invalid")]
    [InlineData("""{"thing1":"巧克力","amount2":{"value":"¥1"}}""", "data.thing1.value invalid")]
    [InlineData("""{"thing1":{"value":5},"amount2":{"value":"¥1"}}""", "data.thing1.value invalid")]
    public async Task A_category_template_names_the_key_that_is_wrong(string data, string text)
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        var answer = await fixture.SendAsync(Follower(fixture).OpenIdIn(fixture.Account), template.Id, data);
        Assert.Equal(47003, ErrorCode(answer));
        Assert.StartsWith($"argument invalid! {text}", ErrorText(answer), StringComparison.Ordinal);
        Assert.Equal(0, fixture.Account.AcceptedCount);
    }

    [Theory]
    [InlineData("", 44002)]
    [InlineData("touser=o", 47001)]
    [InlineData("[]", 47001)]
    [InlineData("\uFEFF{}", 47001)]
    [InlineData("{} {}", 47001)]
    [InlineData("""{"touser":"OPENID","templateId":"TEMPLATE","data":{}}""", 40036)]
    [InlineData("""{"touser":"OPENID","mp_template_msg":{"template_id":"TEMPLATE"}}""", 40036)]
    [InlineData("""{"template_id":"TEMPLATE","data":{}}""", 41009)]
    [InlineData("""{"touser":"OPENID","template_id":"unknown","data":{}}""", 40037)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE"}""", 47003)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":"{}"}""", 47001)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":[{"name":"thing1","value":"x"}]}""", 47003)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":DATA,"miniprogram":null}""", 47001)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":DATA,"miniprogram":[]}""", -1)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":DATA,"miniprogram":{}}""", 40166)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":DATA,"miniprogram":{"appid":"wxstranger"}}""", 40013)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":DATA,"url":null}""", 47001)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":DATA,"client_msg_id":"123456789012345678901234567890123"}""", 45067)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":{"thing1":{"value":"\u5de7"},"amount2":{"value":"¥1"}}}""", 47002)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":{"thing1":{"value":"a\u002Bb"},"amount2":{"value":"¥1"}}}""", 47002)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":{"thing1":{"value":"\ud83c\udf81"},"amount2":{"value":"¥1"}}}""", 47002)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":{"thing1":{"value":"a\\u5de7\"b\u0022"},"amount2":{"value":"¥1"}}}""", 0)]
    [InlineData("""{"touser":"OPENID","template_id":"TEMPLATE","data":DATA}""", 0)]
    public async Task A_body_is_read_strictly(string body, int errorCode)
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        var json = body.Replace("OPENID", Follower(fixture).OpenIdIn(fixture.Account), StringComparison.Ordinal)
            .Replace("\"TEMPLATE\"", $"\"{template.Id}\"", StringComparison.Ordinal).Replace("DATA", GoodData, StringComparison.Ordinal);
        Assert.Equal(errorCode, ErrorCode(await fixture.PostAsync($"/cgi-bin/message/template/send?access_token={await fixture.TokenAsync()}", json)));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("http://weixin.qq.com/download", 0)]
    [InlineData("https://例子.com/订单?a=%20#/b", 0)]
    [InlineData("www.example.com", 40066)]
    [InlineData("/orders/1", 40066)]
    [InlineData("ftp://example.com", 40066)]
    [InlineData("https://", 40066)]
    [InlineData("https://example.com/a b", 40066)]
    [InlineData("https://example.com/LONG", 40039)]
    public async Task A_link_must_be_a_web_address_of_reasonable_length(string url, int errorCode)
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        var link = url.Replace("LONG", new string('x', 2_048), StringComparison.Ordinal);
        var answer = await fixture.SendAsync(Follower(fixture).OpenIdIn(fixture.Account), template.Id, GoodData, $",\"url\":\"{link}\"");
        Assert.Equal(errorCode, ErrorCode(answer));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("index?foo=bar", 0)]
    [InlineData("/pages/order/index?id=1&url=https://example.com", 0)]
    [InlineData("?id=1", 40165)]
    [InlineData("/", 40165)]
    [InlineData("https://example.com/index", 40165)]
    [InlineData("pages/order index", 40165)]
    [InlineData("pages/gone?id=1", 40165)]
    public async Task A_page_must_be_one_of_the_published_version(string page, int errorCode)
    {
        using var fixture = new PlatformFixture();
        fixture.Account.Associate(fixture.MiniProgram);
        var template = fixture.Account.AddTemplate("订单", Category);
        var openId = Follower(fixture).OpenIdIn(fixture.Account);
        var more = $$""","miniprogram":{"appid":"{{fixture.MiniProgram.AppId}}","pagepath":"{{page}}"}""";
        Assert.Equal(page.Contains("gone", StringComparison.Ordinal) ? 0 : errorCode, ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData, more)));
        fixture.MiniProgram.Pages = ["index", "pages/order/index"];
        Assert.Equal(errorCode, ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData, more)));
    }

    [Fact]
    public async Task One_person_may_get_too_many_messages_in_a_minute_while_others_still_get_theirs()
    {
        using var fixture = new PlatformFixture();
        fixture.Account.MessagesPerPersonAndMinute = 2;
        var template = fixture.Account.AddTemplate("订单", Category);
        var (busy, other) = (Follower(fixture).OpenIdIn(fixture.Account), Follower(fixture).OpenIdIn(fixture.Account));
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(busy, template.Id, GoodData, ",\"client_msg_id\":\"1\"")));
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(busy, template.Id, GoodData, ",\"client_msg_id\":\"1\"")));
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(busy, template.Id, GoodData)));
        Assert.Equal(43117, ErrorCode(await fixture.SendAsync(busy, template.Id, GoodData)));
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(other, template.Id, GoodData)));
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(busy, template.Id, GoodData)));
        Assert.Equal(4, fixture.Account.AcceptedCount);
    }

    [Fact]
    public async Task Escapes_are_accepted_on_request_and_broken_UTF8_never()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.AcceptsUnicodeEscapes = true;
        var template = fixture.Account.AddTemplate("订单", "{{thing1.DATA}}");
        var openId = Follower(fixture).OpenIdIn(fixture.Account);
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(openId, template.Id, """{"thing1":{"value":"\u5de7"}}""")));
        Assert.Equal("巧", fixture.Account.Messages[0].Values["thing1"]);
        using var broken = new ByteArrayContent(
            [.. Encoding.UTF8.GetBytes($$"""{"touser":"{{openId}}","template_id":"{{template.Id}}","data":{"thing1":{"value":" """), 0xB9, 0xFA, .. "\"}}}"u8]);
        using var response = await fixture.Client.PostAsync($"/cgi-bin/message/template/send?access_token={await fixture.TokenAsync()}", broken);
        Assert.Equal(47001, ErrorCode(JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement));
    }

    [Fact]
    public async Task The_recipient_decides_what_a_send_gets()
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        var person = fixture.Platform.AddPerson();
        async Task<int> Send(string? openId = null) =>
            ErrorCode(await fixture.SendAsync(openId ?? person.OpenIdIn(fixture.Account), template.Id, GoodData));

        Assert.Equal(40003, await Send(person.OpenIdIn(fixture.MiniProgram)));
        Assert.Equal(40003, await Send(person.UnionIdUnder("brand")));
        Assert.Equal(43004, await Send());
        person.Follow(fixture.Account);
        Assert.Equal(0, await Send());
        person.RefuseMessages(fixture.Account);
        Assert.Equal(43101, await Send());
        fixture.Account.RefusedMessages = SimulatedRefusal.ByEvent;
        Assert.Equal(0, await Send());
        Assert.Equal([true, false], fixture.Account.MessagesTo(person).Select(message => message.IsDelivered));
        Assert.Equal((2, 1), (fixture.Account.AcceptedCount, fixture.Account.DeliveredCount));
        person.AcceptMessages(fixture.Account);
        person.SetBlacklisted(fixture.Account);
        Assert.Equal(43019, await Send());
        person.SetBlacklisted(fixture.Account, false);
        person.Unfollow(fixture.Account);
        Assert.Equal(43004, await Send());
    }

    [Fact]
    public async Task One_client_msg_id_is_delivered_once_in_ten_minutes_to_each_person()
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        var people = new[] { Follower(fixture), Follower(fixture) };
        async Task<JsonElement> Send(int person) =>
            await fixture.SendAsync(people[person].OpenIdIn(fixture.Account), template.Id, GoodData, ""","client_msg_id":"0f8fad5bd9cb469fa16570867728950e" """);

        var first = (await Send(0)).GetProperty("msgid").GetInt64();
        Assert.Equal(first, (await Send(0)).GetProperty("msgid").GetInt64());
        Assert.NotEqual(first, (await Send(1)).GetProperty("msgid").GetInt64());
        fixture.Account.RepeatedMessages = SimulatedRepeat.Error;
        fixture.Time.Advance(TimeSpan.FromSeconds(599));
        Assert.Equal(44007, ErrorCode(await Send(0)));
        Assert.Equal(2, fixture.Account.DeliveredCount);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, ErrorCode(await Send(0)));
        Assert.Equal(2, fixture.Account.MessagesTo(people[0]).Count);
    }

    [Fact]
    public async Task The_same_content_within_a_minute_gets_40241_where_the_platform_looks()
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        var openId = Follower(fixture).OpenIdIn(fixture.Account);
        fixture.Account.RefusesSameContent = true;
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData)));
        Assert.Equal(40241, ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData)));
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData.Replace("39", "40", StringComparison.Ordinal))));
        fixture.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(0, ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData)));
    }

    [Theory]
    [InlineData(SimulatedTemplateState.Banned, 43116)]
    [InlineData(SimulatedTemplateState.UnderReview, 40252)]
    [InlineData(SimulatedTemplateState.ContentBlocked, 40249)]
    public async Task A_template_may_be_stopped_by_the_review(SimulatedTemplateState state, int errorCode)
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        template.State = state;
        Assert.Equal(errorCode, ErrorCode(await fixture.SendAsync(Follower(fixture).OpenIdIn(fixture.Account), template.Id, GoodData)));
    }

    [Fact]
    public async Task Quotas_by_day_and_minute_stop_sends()
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        var openId = Follower(fixture).OpenIdIn(fixture.Account);
        fixture.Account.Quotas.SetDailyLimit("/cgi-bin/message/template/send", 3);
        fixture.Account.Quotas.SetMinuteLimit("/cgi-bin/message/template/send", 2);
        var codes = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            codes.Add(ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData)));
        }

        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        codes.Add(ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData)));
        codes.Add(ErrorCode(await fixture.SendAsync(openId, template.Id, GoodData)));
        Assert.Equal([0, 0, 45011, 0, 45009], codes);
    }

    [Fact]
    public async Task A_thousand_sends_at_once_are_all_counted_and_numbered_apart()
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("订单", Category);
        var people = fixture.Platform.AddPeople(1000);
        fixture.Account.AddFollowers(people);
        await fixture.TokenAsync();
        var answers = await Task.WhenAll(people.Select(person => Task.Run(() => fixture.SendAsync(person.OpenIdIn(fixture.Account), template.Id, GoodData))));
        Assert.Equal(1000, answers.Select(answer => answer.GetProperty("msgid").GetInt64()).Distinct().Count());
        Assert.Equal(1000, fixture.Account.DeliveredCount);
        Assert.All(people, person => Assert.Single(fixture.Account.MessagesTo(person)));
        Assert.Equal(1000, fixture.Platform.Calls.Count("/cgi-bin/message/template/send", 0));
        fixture.Account.KeepsMessages = false;
        await fixture.SendAsync(people[0].OpenIdIn(fixture.Account), template.Id, GoodData);
        Assert.Equal(1001, fixture.Account.DeliveredCount);
        Assert.Equal(1000, fixture.Account.Messages.Count);
    }

    [Fact]
    public async Task The_retired_wrapper_answers_45109()
    {
        using var fixture = new PlatformFixture();
        var token = await fixture.TokenAsync(fixture.MiniProgram.AppId);
        var answer = await fixture.PostAsync($"/cgi-bin/message/wxopen/template/uniform_send?access_token={token}", "{}");
        Assert.Equal(45109, ErrorCode(answer));
        Assert.StartsWith("This API has been unsupported.", ErrorText(answer), StringComparison.Ordinal);
    }
}
