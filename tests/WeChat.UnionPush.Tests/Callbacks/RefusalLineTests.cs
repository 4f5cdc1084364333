using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.Callbacks.PlatformPush;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>What the log says of requests that were refused: what is wrong, what to do, and no more lines than somebody can read.</summary>
public sealed class RefusalLineTests
{
    private static readonly string Encrypted = Encrypt(Subscribe);

    private readonly ManualTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(Now));
    private readonly List<string> _lines = [];
    private readonly WeChatEventIntake _intake;
    private readonly EntranceOnlyInbox _inbox = new();

    public RefusalLineTests() => _intake = new WeChatEventIntake(_inbox, static _ => true, _time);

    public static TheoryData<string, WeChatCallbackMode, string, string[]> Advice => new()
    {
        { "no signature", WeChatCallbackMode.Safe, "Signature", ["has no signature", "drops the query"] },
        { "another Token", WeChatCallbackMode.Safe, "Signature", ["Callback:OfficialAccount:Token", "消息推送"] },
        { "another body", WeChatCallbackMode.Safe, "MessageSignature", ["msg_signature", "changes the body"] },
        { "ten minutes ago", WeChatCallbackMode.Safe, "Expired", ["00:10:00 ahead of WeChat's", "ReplayWindow", "NTP"] },
        { "in ten minutes", WeChatCallbackMode.Safe, "Expired", ["00:10:00 behind WeChat's", "NTP"] },
        { "plain", WeChatCallbackMode.Safe, "Mode", ["not encrypted", "Callback:OfficialAccount:Mode is Safe", "安全模式"] },
        { "plain", WeChatCallbackMode.Compatible, "Mode", ["not encrypted", "Mode is Compatible", "兼容模式"] },
        { "safe", WeChatCallbackMode.Plain, "Mode", ["is encrypted", "Mode is Plain", "明文模式"] },
        { "safe", WeChatCallbackMode.Compatible, "Mode", ["Mode Compatible", "兼容模式"] },
        { "compatible", WeChatCallbackMode.Safe, "Mode", ["plain fields", "安全模式", "Compatible"] },
        { "another key", WeChatCallbackMode.Safe, "Encryption", ["Callback:OfficialAccount:EncodingAesKey", "PreviousEncodingAesKey"] },
        { "another app", WeChatCallbackMode.Safe, "WrongApp", [AppId, "AppId"] },
        { "nothing", WeChatCallbackMode.Safe, "Empty", ["middleware", "EnableBuffering"] },
        { "too long", WeChatCallbackMode.Safe, "TooLarge", ["65536 bytes", "Callback:MaxBodyLength"] },
        { "a form", WeChatCallbackMode.Plain, "Malformed", ["neither XML nor JSON"] },
    };

    [Theory]
    [MemberData(nameof(Advice))]
    public async Task A_line_says_what_is_wrong_and_what_to_do(string what, WeChatCallbackMode mode, string reason, string[] words)
    {
        using var receiver = Receiver(mode);
        var (query, body) = Request(what);

        Assert.InRange((await receiver.ReceiveAsync(query, body)).StatusCode, 400, 499);

        var line = Assert.Single(_lines);
        Assert.StartsWith($"40 Refused a request at the WeChat callback URL ({reason}): ", line, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, line, StringComparison.Ordinal));
        Assert.All([Token, Key, OtherKey, Nonce, "oAbCdEf", Encrypted], secret => Assert.DoesNotContain(secret, line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flood_makes_a_few_lines_a_minute_for_each_reason_and_tells_how_many_there_were()
    {
        using var receiver = Receiver(WeChatCallbackMode.Safe);
        var forged = SafeQuery(Encrypted, token: "Guess");
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(403, (await receiver.ReceiveAsync(forged, SafeBody(Encrypted))).StatusCode);
            Assert.Equal(400, (await receiver.ReceiveAsync(PlainQuery(), SafeBody(Encrypted))).StatusCode);
        }

        Assert.Equal(2 * LineLimit.LinesPerMinute, _lines.Count);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(
            ["44 Left 9997 more lines like the last one on Mode out of the log", "44 Left 9997 more lines like the last one on Signature out of the log"],
            _lines.Skip(2 * LineLimit.LinesPerMinute).Select(line => line.Split(':')[0]).Order(StringComparer.Ordinal));

        // The next minute begins anew, and one without a flood needs no count.
        _lines.Clear();
        await receiver.ReceiveAsync(forged, SafeBody(Encrypted));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Single(_lines);
    }

    [Fact]
    public async Task A_store_that_fails_or_is_full_makes_no_more_lines_than_a_stranger()
    {
        using var receiver = Receiver(WeChatCallbackMode.Safe);
        _inbox.Answer = static () => new(false);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(503, (await receiver.ReceiveAsync(SafeQuery(Encrypted), SafeBody(Encrypted))).StatusCode);
        }

        Assert.Equal(LineLimit.LinesPerMinute, _lines.Count(static line => line.StartsWith("41 ", StringComparison.Ordinal)));
        _inbox.Answer = static () => throw new InvalidOperationException("the store is gone");
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(503, (await receiver.ReceiveAsync(SafeQuery(Encrypted), SafeBody(Encrypted))).StatusCode);
        }

        Assert.Equal(LineLimit.LinesPerMinute, _lines.Count(static line => line.StartsWith("43 ", StringComparison.Ordinal)));
        receiver.Dispose();
        Assert.Equal(2, _lines.Count(static line => line.StartsWith("44 Left 97 ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(20, null)]
    [InlineData(180, "00:03:00 ahead of WeChat's")]
    [InlineData(-180, "00:03:00 behind WeChat's")]
    [InlineData(3_600, "01:00:00 ahead of WeChat's")]
    [InlineData(-200_000, "2.07:33:20 behind WeChat's")]
    public void A_clock_that_is_off_is_told_when_the_URL_is_verified(int seconds, string? told)
    {
        _time.Advance(TimeSpan.FromDays(10));
        var platform = _time.GetUtcNow().AddSeconds(-seconds).ToUnixTimeSeconds();
        using var receiver = Receiver(WeChatCallbackMode.Safe);

        Assert.Equal(new(200, "echo"), receiver.Verify(PlainQuery(platform) with { Echo = "echo" }));

        if (told is null)
        {
            Assert.Empty(_lines);
            return;
        }

        var line = Assert.Single(_lines);
        Assert.StartsWith("45 ", line, StringComparison.Ordinal);
        Assert.All([told, "NTP", "Callback:OfficialAccount:ReplayWindow"], word => Assert.Contains(word, line, StringComparison.Ordinal));
    }

    private static (WeChatCallbackQuery Query, byte[] Body) Request(string what)
    {
        return what switch
        {
            "no signature" => (new(), SafeBody(Encrypted)),
            "another Token" => (SafeQuery(Encrypted, token: "Guess"), SafeBody(Encrypted)),
            "another body" => (SafeQuery(Encrypted), SafeBody(Encrypt(Subscribe + " "))),
            "ten minutes ago" => (SafeQuery(Encrypted, Now - 600), SafeBody(Encrypted)),
            "in ten minutes" => (SafeQuery(Encrypted, Now + 600), SafeBody(Encrypted)),
            "plain" => (PlainQuery(), Utf8(Subscribe)),
            "safe" => (SafeQuery(Encrypted), SafeBody(Encrypted)),
            "compatible" => (SafeQuery(Encrypted), Utf8(Subscribe.Replace("</xml>", $"<Encrypt>{Encrypted}</Encrypt></xml>", StringComparison.Ordinal))),
            "another key" => Safe(Encrypt(Subscribe, key: OtherKey)),
            "another app" => Safe(Encrypt(Subscribe, OtherAppId)),
            "nothing" => (SafeQuery(Encrypted), []),
            "too long" => (SafeQuery(Encrypted), new byte[MaxBodyLength + 1]),
            _ => (PlainQuery(), Utf8("a=b")),
        };

        static (WeChatCallbackQuery, byte[]) Safe(string encrypted) => (SafeQuery(encrypted), SafeBody(encrypted));
        static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);
    }

    private WeChatCallbackReceiver Receiver(WeChatCallbackMode mode) => new(
        Reader(AppId, new() { Token = Token, EncodingAesKey = mode is WeChatCallbackMode.Plain ? null : Key, Mode = mode }, _time), _intake, _time, new Lines(_lines));

    private sealed class Lines(List<string> lines) : ILogger<WeChatCallbackReceiver>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add($"{eventId.Id} {formatter(state, exception)}");
    }
}
