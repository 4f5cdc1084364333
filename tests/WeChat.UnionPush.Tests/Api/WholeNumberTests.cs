using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Api;

public sealed class WholeNumberTests
{
    private readonly DelayWatch _watch = new(new ManualTimeProvider());

    public static TheoryData<string> SevenThousandTwoHundred =>
        ["7200", "7200.0", "7200.000", "7.2e3", "72E2", "7.2E+3", "72000e-1", "\"7200\"", "\"7200.0\"", "\"7.2e3\"", "\" 7200 \"", "\"\\u0037200\""];

    public static TheoryData<string> NoWholeNumber => ["7200.5", "1e30", "\"x\"", "\"\"", "true", "{}", "[]", "9223372036854775808", "1e400"];

    [Theory]
    [MemberData(nameof(SevenThousandTwoHundred))]
    public async Task A_whole_number_is_read_however_it_is_written(string written)
    {
        var token = await SendAsync(AccessTokenEndpoints.StableToken, $$"""{"access_token":"t","expires_in":{{written}}}""");
        Assert.Equal(7200, token.ExpiresIn);
        var quota = await SendAsync(DiagnosticsEndpoints.QuotaGet,
            $$$"""{"errcode":"0","quota":{"daily_limit":{{{written}}},"used":0,"remain":null},"rate_limit":{"call_count":{{{written}}},"refresh_second":{{{written}}}}}""");
        Assert.Equal((7200, 0, 7200), (quota.Quota!.DailyLimit, quota.Quota.Remain, quota.RateLimit!.RefreshSecond));
        var sent = await SendAsync(TemplateEndpoints.TemplateSend, $$"""{"errcode":0,"msgid":{{written}}}""");
        Assert.Equal(7200, sent.MessageId);
        var page = await SendAsync(FollowerEndpoints.UserGet, $$$"""{"total":{{{written}}},"count":1,"data":{"openid":["o1"]}}""");
        Assert.Equal(7200, page.Total);
        var follower = await SendAsync(FollowerEndpoints.UserInfo, $$"""{"subscribe":1.0,"openid":"o1","subscribe_time":{{written}},"tagid_list":[{{written}}]}""");
        Assert.Equal((true, 7200, 7200), (follower.Follower.Subscribes, follower.Follower.SubscribeTime, follower.Follower.TagIds![0]));
    }

    [Theory]
    [MemberData(nameof(NoWholeNumber))]
    public async Task What_is_no_whole_number_is_no_answer_but_a_message_id_that_is_none_is_only_missing(string written)
    {
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(AccessTokenEndpoints.StableToken, $$"""{"access_token":"t","expires_in":{{written}}}"""));
        Assert.True(failure.OutcomeUnknown);
        var sent = await SendAsync(TemplateEndpoints.TemplateSend, $$"""{"errcode":0,"msgid":{{written}},"errmsg":"ok"}""");
        Assert.Null(sent.MessageId);
    }

    [Theory]
    [InlineData("9223372036854775807.0", long.MaxValue)]
    [InlineData("\"9223372036854775807.0\"", long.MaxValue)]
    [InlineData("-9223372036854775808.0", long.MinValue)]
    public async Task The_largest_and_the_smallest_number_are_whole_too(string written, long expected) =>
        Assert.Equal(expected, (await SendAsync(FollowerEndpoints.UserGet, $$$"""{"total":{{{written}}},"count":1,"data":{"openid":["o1"]}}""")).Total);

    [Theory]
    [InlineData("43004")]
    [InlineData("\"43004\"")]
    [InlineData("43004.0")]
    [InlineData("4.3004e4")]
    public async Task An_error_code_is_read_however_it_is_written(string written)
    {
        Assert.Equal(43004, (await SendAsync(TemplateEndpoints.TemplateSend, $$"""{"errcode":{{written}},"errmsg":"require subscribe"}""")).ErrorCode);
        Assert.Equal(43004, (await SendAsync(FollowerEndpoints.UserInfo, $$"""{"errcode":{{written}},"errmsg":"require subscribe"}""")).ErrorCode);
    }

    [Fact]
    public async Task A_code_of_null_is_a_success()
    {
        Assert.Equal(7, (await SendAsync(TemplateEndpoints.TemplateSend, """{"errcode":null,"errmsg":null,"msgid":7}""")).MessageId);
        Assert.Equal("o1", (await SendAsync(FollowerEndpoints.UserInfo, """{"errcode":null,"subscribe":1,"openid":"o1","subscribe_time":null}""")).Follower.OpenId);
        Assert.Equal("o1", (await SendAsync(SessionEndpoints.CodeToSession, """{"errcode":null,"errmsg":"","openid":"o1","session_key":"k"}""")).OpenId);
        Assert.Equal("t", (await SendAsync(AccessTokenEndpoints.StableToken, """{"errcode":null,"access_token":"t","expires_in":"7200"}""")).AccessToken);
        Assert.Equal(0, (await SendAsync(SessionEndpoints.CheckSession, """{"errcode":null,"errmsg":"ok"}""")).ErrorCode);
    }

    [Theory]
    [InlineData("""{"errcode":0,"errmsg":"ok"}""")]
    [InlineData("""{"errcode":0}""")]
    [InlineData("""{"errcode":"0","errmsg":"ok","msgid":null}""")]
    [InlineData("""{"errcode":0,"errmsg":"ok","msgid":"none"}""")]
    [InlineData("""{"errcode":0.0,"errmsg":"ok","msgid":{"id":1}}""")]
    public async Task An_accepted_message_is_sent_once_whether_its_id_can_be_read_or_not(string answer)
    {
        using var handler = new ScriptedHandler(answer);
        var sender = ScriptedHandler.Sender(ScriptedHandler.Api(ScriptedHandler.Transport(handler, _watch), new OneToken()), _watch);
        var result = await sender.SendAsync("o1", TemplateMessage.Create("t").Set("a", "b").Build());
        Assert.Equal((PushStatus.Sent, null), (result.Status, result.MessageId));
        Assert.Equal(1, handler.Count);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"errmsg":"ok"}""")]
    [InlineData("""{"errcode":null}""")]
    public async Task An_answer_without_the_platforms_word_is_none(string answer)
    {
        using var handler = new ScriptedHandler(answer);
        var sender = ScriptedHandler.Sender(ScriptedHandler.Api(ScriptedHandler.Transport(handler, _watch), new OneToken()), _watch);
        Assert.Equal(PushStatus.Unknown, (await _watch.RunAsync(sender.SendAsync("o1", TemplateMessage.Create("t").Set("a", "b").Build()))).Status);
        Assert.Equal(5, handler.Count);
    }

    private async Task<TAnswer> SendAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, string answer)
        where TAnswer : ApiAnswer
    {
        using var handler = new ScriptedHandler(answer);
        var transport = ScriptedHandler.Transport(handler, _watch, options => options.Http.MaxRetries = 0);
        return await transport.SendAsync(endpoint, token: null, query: "a=b", body: default, CancellationToken.None);
    }
}
