using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>What a customer service message comes to, by the platform's answer.</summary>
public sealed class CustomerServiceSenderTests : IAsyncDisposable
{
    private const string Send = "/cgi-bin/message/custom/send";

    private readonly Town _town = new(choose: builder => builder.AddReach(reach => reach.CustomerService()));
    private readonly ServiceWindows _windows;
    private readonly CustomerServiceSender _sender;
    private readonly SimulatedPerson _person;

    public CustomerServiceSenderTests()
    {
        _windows = _town.Services.GetRequiredService<ServiceWindows>();
        _sender = new CustomerServiceSender(_town.Services.GetRequiredService<AccountApis>().OfficialAccount, _windows);
        _person = _town.Platform.AddPerson();
        _person.Follow(_town.Account);
    }

    private string OpenId => _person.OpenIdIn(_town.Account);

    [Fact]
    public async Task Outside_the_window_no_call_is_made_and_the_result_says_what_opens_it()
    {
        var result = await SendAsync();
        Assert.Equal((PushStatus.WindowClosed, null), (result.Status, result.ErrorCode));
        Assert.Contains("48 hours", result.Reason, StringComparison.Ordinal);
        Assert.Equal(0, _town.Platform.Calls.Count(Send));
    }

    [Fact]
    public async Task A_message_that_is_accepted_is_sent_with_its_text()
    {
        await OpenAsync();
        var result = await SendAsync("您的订单“A1”已发货 😀");
        Assert.Equal((PushStatus.Sent, null, null), (result.Status, result.ErrorCode, result.Reason));
        using var body = JsonDocument.Parse(Assert.Single(_town.Platform.Calls.Recent(Send)).Body);
        Assert.Equal((OpenId, "text", "您的订单“A1”已发货 😀"), (
            body.RootElement.GetProperty("touser").GetString(),
            body.RootElement.GetProperty("msgtype").GetString(),
            body.RootElement.GetProperty("text").GetProperty("content").GetString()));
        Assert.Single(_town.Account.CustomerMessages);
    }

    [Theory]
    [InlineData(45015)]
    [InlineData(45047)]
    [InlineData(10706)]
    public async Task An_answer_that_the_window_is_closed_closes_it_here_too(int code)
    {
        await OpenAsync();
        _town.Platform.Faults.Add(SimulatedFault.Error(code, "as the platform says").On(Send).Times(1));
        var result = await SendAsync();
        Assert.Equal((PushStatus.WindowClosed, code), (result.Status, result.ErrorCode!.Value.Value));
        Assert.Contains("as the platform says", result.Reason, StringComparison.Ordinal);
        Assert.Equal(PushStatus.WindowClosed, (await SendAsync()).Status);
        Assert.Equal(1, _town.Platform.Calls.Count(Send));
    }

    [Theory]
    [InlineData(40003)]
    [InlineData(43004)]
    public async Task A_refusal_of_the_recipient_is_a_result_and_leaves_the_window_open(int code)
    {
        await OpenAsync();
        _town.Platform.Faults.Add(SimulatedFault.Error(code, "as the platform says").On(Send).Times(1));
        var result = await SendAsync();
        Assert.Equal((PushStatus.Refused, code), (result.Status, result.ErrorCode!.Value.Value));
        Assert.Contains("as the platform says", result.Reason, StringComparison.Ordinal);
        Assert.Equal(PushStatus.Sent, (await SendAsync()).Status);
    }

    [Theory]
    [InlineData(45009)]
    [InlineData(48001)]
    [InlineData(45166)]
    public async Task What_somebody_has_to_mend_is_thrown(int code)
    {
        await OpenAsync();
        _town.Platform.Faults.Add(SimulatedFault.Error(code, "as the platform says").On(Send).Times(1));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync());
        Assert.Equal((code, Send), (failure.ErrorCode!.Value.Value, failure.ApiPath));
    }

    [Fact]
    public async Task An_answer_that_is_lost_leaves_the_outcome_unknown_and_nothing_is_sent_again()
    {
        await OpenAsync();
        _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Send).Times(1));
        var result = await SendAsync();
        Assert.Equal((PushStatus.Unknown, null), (result.Status, result.ErrorCode));
        Assert.NotEmpty(result.Reason!);
        Assert.Equal((1, 1), (_town.Platform.Calls.Count(Send), _town.Account.CustomerMessages.Count));
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private Task<PushResult> SendAsync(string text = "你好") => _sender.SendTextAsync(OpenId, text, CancellationToken.None);

    private async Task OpenAsync()
    {
        _person.Write(_town.Account, "你好");
        await _windows.WroteAsync(OpenId, _town.Time.GetUtcNow(), CancellationToken.None);
    }
}
