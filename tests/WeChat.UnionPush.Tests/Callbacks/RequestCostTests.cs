using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using static WeChat.UnionPush.Tests.Callbacks.PlatformPush;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>What a request costs whose sender knows no Token: nothing of its body is read, in every mode and in every shape.</summary>
public sealed class RequestCostTests
{
    private static readonly string Encrypted = Encrypt(Subscribe);

    /// <summary>Bodies that were made to be expensive, each of a mebibyte.</summary>
    public static TheoryData<string> Shapes => new(Bodies.Keys);

    private static Dictionary<string, byte[]> Bodies { get; } = new(StringComparer.Ordinal)
    {
        ["elements in elements"] = Filled("<a>"),
        ["one element with many attributes"] = Filled("<a ", i => $"a{i}='' ", "/>"),
        ["an entity bomb"] = Filled("<!DOCTYPE xml [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><xml>", _ => "&b;", "</xml>"),
        ["many names"] = Filled("<xml>", i => $"<n{i}/>", "</xml>"),
        ["pieces of one text"] = Filled("<xml><Encrypt>", _ => "<![CDATA[a]]>", "</Encrypt></xml>"),
        ["one field many times"] = Filled("<xml>", _ => "<Encrypt>AAAA</Encrypt>", "</xml>"),
        ["lists in lists"] = Filled("{\"a\":", _ => "["),
        ["one JSON field many times"] = Filled("{", _ => "\"Encrypt\":\"AAAA\",", "\"a\":1}"),
        ["a huge cipher text"] = SafeBody(new string('A', 1 << 20)),
        ["base64 that is none"] = SafeBody(new string('=', 1 << 20)),
        ["a huge comment"] = Filled("<!--", _ => "x", "--><xml/>"),
        ["blanks"] = Filled(" "),
        ["escapes"] = Filled("{\"EventKey\":\"", _ => "\\ud800", "\"}"),
        ["not UTF-8"] = [.. Enumerable.Repeat((byte)0xed, 1 << 20)],
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task An_unsigned_request_is_refused_without_its_body_and_costs_no_more_than_in_plain_mode(string shape)
    {
        using var safe = Receiver(WeChatCallbackMode.Safe);
        using var compatible = Receiver(WeChatCallbackMode.Compatible);
        using var plain = Receiver(WeChatCallbackMode.Plain);
        var body = Bodies[shape];
        foreach (var query in new[] { SafeQuery(Encrypted, token: "Guess"), SafeQuery(Encrypted) with { Signature = null },
            SafeQuery(Encrypted) with { Signature = new string('0', 40) }, new() })
        {
            var inPlainMode = await AllocatedAsync(plain, query, body);
            Assert.InRange(await AllocatedAsync(safe, query, body), 0, (2 * inPlainMode) + 512);
            Assert.InRange(await AllocatedAsync(compatible, query, body), 0, (2 * inPlainMode) + 512);
            Assert.InRange(inPlainMode, 0, 4096);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_signed_request_with_a_bad_body_is_read_to_the_limit_and_parsed_once_for_two_apps(string shape)
    {
        var other = App("Callback:MiniProgram", OtherAppId, new() { Token = Token, EncodingAesKey = OtherKey });
        using var one = Receiver(WeChatCallbackMode.Safe);
        using var two = Receiver(new CallbackReader([App("Callback:OfficialAccount", AppId, new() { Token = Token, EncodingAesKey = Key }), other], MaxBodyLength));
        var body = Bodies[shape];
        var cut = body[..MaxBodyLength];

        // A signed query that was seen somewhere goes with any body.
        using var counted = new CountedStream(body);
        Assert.Equal(413, (await one.ReceiveAsync(SafeQuery(Encrypted), counted)).StatusCode);
        Assert.InRange(counted.Position, MaxBodyLength, 2 * MaxBodyLength);

        var answer = await one.ReceiveAsync(SafeQuery(Encrypted), cut);
        Assert.InRange(answer.StatusCode, 400, 403);
        var allocated = Measure(() => one.ReceiveAsync(SafeQuery(Encrypted), cut));
        Assert.InRange(allocated, 0, 8 << 20);
        await two.ReceiveAsync(SafeQuery(Encrypted), cut);
        Assert.InRange(Measure(() => two.ReceiveAsync(SafeQuery(Encrypted), cut)), 0, allocated + (allocated / 4) + 4096);
    }

    [Fact]
    public async Task A_genuine_body_in_many_small_pieces_is_kept_and_one_that_is_a_byte_too_long_is_not()
    {
        var inbox = new InMemoryWeChatEventInbox(Clock);
        var intake = new WeChatEventIntake(inbox, static _ => true, TimeProvider.System);
        using var receiver = new WeChatCallbackReceiver(Reader(WeChatCallbackMode.Plain), intake, TimeProvider.System, NullLogger<WeChatCallbackReceiver>.Instance);
        var longest = Subscribe + new string(' ', MaxBodyLength - Subscribe.Length);

        Assert.Equal(new(200, "success"), await receiver.ReceiveAsync(PlainQuery(), new CountedStream(Encoding.UTF8.GetBytes(longest), pieces: 1)));
        Assert.Equal(413, (await receiver.ReceiveAsync(PlainQuery(), new CountedStream(Encoding.UTF8.GetBytes(longest + " "), pieces: 1))).StatusCode);
        Assert.Equal(413, (await receiver.ReceiveAsync(PlainQuery(), Encoding.UTF8.GetBytes(longest + " "))).StatusCode);
        Assert.Equal(longest, Assert.Single(await inbox.TakeAsync([AppId], 10, TimeSpan.FromMinutes(1))).Body);
    }

    private static byte[] Filled(string begin, Func<int, string>? piece = null, string end = "")
    {
        var text = new StringBuilder(begin);
        for (var i = 0; text.Length < (1 << 20) - end.Length; i++)
        {
            text.Append(piece?.Invoke(i) ?? begin);
        }

        return Encoding.UTF8.GetBytes(text.Append(end).ToString());
    }

    private static WeChatCallbackReceiver Receiver(WeChatCallbackMode mode) => Receiver(Reader(mode));

    private static WeChatCallbackReceiver Receiver(CallbackReader reader) => new(
        reader,
        new WeChatEventIntake(new InMemoryWeChatEventInbox(Clock), static _ => true, TimeProvider.System),
        TimeProvider.System,
        NullLogger<WeChatCallbackReceiver>.Instance);

    private static async Task<long> AllocatedAsync(WeChatCallbackReceiver receiver, WeChatCallbackQuery query, byte[] body)
    {
        // Beyond the lines that are written, so that what is measured is what every further request costs.
        using var untouched = new CountedStream(body);
        for (var i = 0; i <= LineLimit.LinesPerMinute + 1; i++)
        {
            var answer = await receiver.ReceiveAsync(query, untouched);
            Assert.Equal(403, answer.StatusCode);
        }

        Assert.Equal(0, untouched.Position);
        return Measure(() => receiver.ReceiveAsync(query, untouched));
    }

    /// <summary>The least of a few, for the runtime allocates too when it compiles.</summary>
    private static long Measure(Func<ValueTask<WeChatCallbackAnswer>> receive)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var answer = receive();
            Assert.True(answer.IsCompleted);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private sealed class CountedStream(byte[] body, int pieces = int.MaxValue) : MemoryStream(body)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, pieces)], cancellationToken);
    }
}
