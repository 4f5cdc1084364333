using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Api;

/// <summary>What is remembered of an API whose calls of the day are used up.</summary>
public sealed class QuotaMemoryTests
{
    private static readonly ApiEndpoint Send = TemplateEndpoints.TemplateSend;
    private static readonly ApiEndpoint List = FollowerEndpoints.UserGet;

    // Ten in the morning in China.
    private readonly ManualTimeProvider _time = new();
    private readonly QuotaMemory _memory;

    public QuotaMemoryTests() => _memory = new QuotaMemory("wx1", _time);

    [Theory]
    [InlineData(45009, "reach max api daily quota limit")]
    [InlineData(45011, "reach max api daily quota limit")]
    public void Until_the_next_day_only_one_call_a_minute_is_made(int code, string text)
    {
        Learn(Send, code, text);
        Assert.True(IsUsedUp(Send));
        Assert.False(IsUsedUp(List));

        _time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.True(IsUsedUp(Send));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(IsUsedUp(Send));
        Assert.True(IsUsedUp(Send));

        // China's midnight.
        _time.SetUtcNow(new DateTimeOffset(2026, 1, 5, 15, 59, 30, TimeSpan.Zero));
        Assert.False(IsUsedUp(Send));
        Assert.True(IsUsedUp(Send));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(IsUsedUp(Send));
        Assert.False(IsUsedUp(Send));
    }

    [Fact]
    public void The_refusal_says_that_nothing_was_called_and_when_to_come_again()
    {
        Learn(Send, 45009, "reach max api daily quota limit");
        var refused = Assert.Throws<WeChatApiException>(() => _memory.ThrowIfUsedUp(Send));
        Assert.Equal((WeChatErrorClass.Quota, 45009, TimeSpan.FromHours(14)), (refused.ErrorClass, refused.ErrorCode!.Value.Value, refused.RetryAfter!.Value));
        Assert.Contains("wx1", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(45009, "reach max api minute quota limit")]
    [InlineData(45011, "api minute-quota reach limit, must slower, retry next minute")]
    [InlineData(40003, "invalid openid, daily quota")]
    [InlineData(-1, "system error")]
    [InlineData(0, "ok")]
    public void Nothing_else_is_remembered(int code, string text)
    {
        Learn(Send, code, text);
        Assert.False(IsUsedUp(Send));
    }

    [Fact]
    public void A_success_or_a_reset_forgets_one_api_or_all()
    {
        Learn(Send, 45009, "reach max api daily quota limit");
        Learn(List, 45009, "reach max api daily quota limit");
        Learn(Send, 40003, "invalid openid");
        Assert.Equal((true, true), (IsUsedUp(Send), IsUsedUp(List)));

        Learn(Send, 0, "ok");
        Assert.Equal((false, true), (IsUsedUp(Send), IsUsedUp(List)));

        _memory.Forget();
        Assert.Equal((false, false), (IsUsedUp(Send), IsUsedUp(List)));
        Learn(List, 45009, "reach max api daily quota limit");
        Assert.True(IsUsedUp(List));
        Learn(List, 0, "ok");
        Learn(Send, 45009, "reach max api daily quota limit");
        Assert.Equal((true, false), (IsUsedUp(Send), IsUsedUp(List)));
    }

    private void Learn(ApiEndpoint endpoint, int code, string text) => _memory.Learn(endpoint, new DoneAnswer { Code = code, ErrorMessage = text });

    private bool IsUsedUp(ApiEndpoint endpoint)
    {
        try
        {
            _memory.ThrowIfUsedUp(endpoint);
            return false;
        }
        catch (WeChatApiException exception) when (exception.ErrorClass == WeChatErrorClass.Quota)
        {
            return true;
        }
    }
}
