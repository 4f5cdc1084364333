using System.Text.Json;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

/// <summary>Subscribe messages, customer service messages and QR codes of the simulated platform.</summary>
public sealed class SimulatedOtherMessagesTests
{
    private const string Content = "商品:{{thing1.DATA}}\n金额:{{amount2.DATA}}";
    private const string GoodData = """{"thing1":{"value":"巧克力"},"amount2":{"value":"¥39.80"}}""";

    [Fact]
    public async Task One_tap_of_allow_is_one_subscribe_message()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        var template = fixture.MiniProgram.AddSubscriptionTemplate("订单", Content);
        Assert.Equal(43101, ErrorCode(await SubscribeAsync(fixture, person, template.Id)));

        person.AnswerSubscription(fixture.MiniProgram, template);
        person.AnswerSubscription(fixture.MiniProgram, template, accepts: false);
        Assert.Equal(1, person.SubscriptionsLeft(fixture.MiniProgram, template));
        var answer = await SubscribeAsync(fixture, person, template.Id);

        Assert.Equal(0, ErrorCode(answer));
        var message = Assert.Single(fixture.MiniProgram.SubscriptionMessages);
        Assert.Equal(answer.GetProperty("msgid").GetInt64(), message.MessageId);
        Assert.Equal(person, message.Person);
        Assert.Equal(43101, ErrorCode(await SubscribeAsync(fixture, person, template.Id)));
    }

    [Fact]
    public async Task A_refused_subscribe_message_uses_no_tap_up()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        var template = fixture.MiniProgram.AddSubscriptionTemplate("订单", Content);
        person.AnswerSubscription(fixture.MiniProgram, template);

        Assert.Equal(47003, ErrorCode(await SubscribeAsync(fixture, person, template.Id, """{"thing1":{"value":"巧克力"}}""")));
        Assert.Equal(40037, ErrorCode(await SubscribeAsync(fixture, person, "no-such-template")));
        Assert.Equal(1, person.SubscriptionsLeft(fixture.MiniProgram, template));

        person.TurnOffSubscription(fixture.MiniProgram, template);
        Assert.Equal(43101, ErrorCode(await SubscribeAsync(fixture, person, template.Id)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Taps_and_sent_messages_are_pushed_as_events(bool json)
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        fixture.MiniProgram.Callback = inbox.Callback(json: json);
        fixture.Platform.Callbacks.Concurrency = 1;
        var person = fixture.Platform.AddPerson();
        var template = fixture.MiniProgram.AddSubscriptionTemplate("订单", Content);
        person.AnswerSubscription(fixture.MiniProgram, template);
        var id = (await SubscribeAsync(fixture, person, template.Id)).GetProperty("msgid").GetInt64();
        person.TurnOffSubscription(fixture.MiniProgram, template);
        await fixture.Platform.Callbacks.SettleAsync();

        Assert.Equal(
            ["subscribe_msg_change_event", "subscribe_msg_popup_event", "subscribe_msg_sent_event"],
            inbox.Events.Order(StringComparer.Ordinal));
        Assert.Contains(inbox.All, push => push.Text.Contains(id.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        Assert.All(inbox.All, push => Assert.Contains(template.Id, push.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_written_message_opens_the_window_for_five_answers_within_48_hours()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        Assert.Equal(45015, ErrorCode(await WriteAsync(fixture, person)));
        person.Write(fixture.MiniProgram, "你好");
        for (var index = 0; index < 5; index++)
        {
            Assert.Equal(0, ErrorCode(await WriteAsync(fixture, person)));
        }

        Assert.Equal(45047, ErrorCode(await WriteAsync(fixture, person)));
        Assert.Equal(5, fixture.MiniProgram.CustomerMessages.Count);
        person.Write(fixture.MiniProgram, "在吗");
        Assert.Equal(0, ErrorCode(await WriteAsync(fixture, person)));
        fixture.Time.Advance(TimeSpan.FromHours(48));
        Assert.Equal(45015, ErrorCode(await WriteAsync(fixture, person)));
    }

    [Fact]
    public async Task A_made_code_is_scanned_until_it_expires_and_carries_its_parameter()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        fixture.Account.Callback = inbox.Callback();
        fixture.Platform.Callbacks.Concurrency = 1;
        var person = fixture.Platform.AddPerson();
        var answer = await fixture.PostAsync(
            $"/cgi-bin/qrcode/create?access_token={await fixture.TokenAsync()}",
            """{"expire_seconds":600,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"till-3"}}}""");
        Assert.Equal(600, answer.GetProperty("expire_seconds").GetInt32());
        var code = Assert.Single(fixture.Account.QrCodes);
        Assert.Equal(answer.GetProperty("ticket").GetString(), code.Ticket);

        Assert.True(person.Scan(fixture.Account, code));
        Assert.True(person.Scan(fixture.Account, code));
        fixture.Time.Advance(TimeSpan.FromSeconds(600));
        Assert.False(person.Scan(fixture.Account, code));
        await fixture.Platform.Callbacks.SettleAsync();

        Assert.Equal(["SCAN", "subscribe"], inbox.Events.Order(StringComparer.Ordinal));
        Assert.Contains(inbox.All, push => push.Field("EventKey") == "qrscene_till-3");
        Assert.Contains(inbox.All, push => push.Field("EventKey") == "till-3");
        Assert.All(inbox.All, push => Assert.Equal(code.Ticket, push.Field("Ticket")));
    }

    [Theory]
    [InlineData("""{"action_name":"QR_OTHER","action_info":{"scene":{"scene_str":"a"}}}""", 40052)]
    [InlineData("""{"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":""}}}""", 40053)]
    [InlineData("""{"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":0}}}""", 40053)]
    [InlineData("""{"action_name":"QR_STR_SCENE","expire_seconds":2592001,"action_info":{"scene":{"scene_str":"a"}}}""", 40097)]
    public async Task A_code_that_cannot_be_is_refused(string body, int code)
    {
        using var fixture = new PlatformFixture();
        Assert.Equal(code, ErrorCode(await fixture.PostAsync($"/cgi-bin/qrcode/create?access_token={await fixture.TokenAsync()}", body)));
        Assert.Empty(fixture.Account.QrCodes);
    }

    private static async Task<JsonElement> SubscribeAsync(PlatformFixture fixture, SimulatedPerson person, string templateId, string data = GoodData) =>
        await fixture.PostAsync(
            $"/cgi-bin/message/subscribe/send?access_token={await fixture.TokenAsync(fixture.MiniProgram.AppId)}",
            $$"""{"touser":"{{person.OpenIdIn(fixture.MiniProgram)}}","template_id":"{{templateId}}","data":{{data}}}""");

    private static async Task<JsonElement> WriteAsync(PlatformFixture fixture, SimulatedPerson person) => await fixture.PostAsync(
        $"/cgi-bin/message/custom/send?access_token={await fixture.TokenAsync(fixture.MiniProgram.AppId)}",
        $$"""{"touser":"{{person.OpenIdIn(fixture.MiniProgram)}}","msgtype":"text","text":{"content":"好的"} }""");
}
