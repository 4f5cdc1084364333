using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.Api.ScriptedHandler;

namespace WeChat.UnionPush.Tests.Api;

public sealed class ContentEncodingTests
{
    private const string Page = """{"total":1,"count":1,"data":{"openid":["o1"]},"next_openid":"o1"}""";
    private static readonly AccessToken Token = new("5ecre7-token-of-this-test-0123456789", DateTimeOffset.MaxValue);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("GZIP")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("deflate", "raw")]
    [InlineData("identity")]
    [InlineData("gzip, br")]
    [InlineData("gzip, identity")]
    public async Task A_compressed_answer_is_read(string encoding, string how = "")
    {
        var packed = encoding.Split(", ").Aggregate(Encoding.UTF8.GetBytes(Page), (bytes, one) => Pack(bytes, how.Length > 0 ? how : one));
        var answer = await AskAsync(packed, encoding);
        Assert.Equal("o1", Assert.Single(answer.Data!.OpenIds!));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task An_answer_that_only_says_it_is_compressed_is_read_as_it_is(string encoding) =>
        Assert.Equal(1, (await AskAsync(Encoding.UTF8.GetBytes(Page), encoding)).Total);

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("gzip, gzip")]
    public async Task A_bomb_is_not_unpacked_beyond_what_an_answer_may_have(string encoding)
    {
        var encodings = encoding.Split(", ");
        var packed = encodings.Aggregate(Bomb(), Pack);
        Assert.InRange(packed.Length, 1, 1024 * 1024);

        // On this thread alone: tests beside this one allocate too.
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (var decoded = AnswerEncoding.Decode(Buffer(packed, packed.Length), encodings))
        {
            Assert.True(decoded.WrittenCount > AnswerReader.MaxBytes);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200L * 1024 * 1024);
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => AskAsync(packed, encoding));
        Assert.True(failure.OutcomeUnknown);
        Assert.Contains("more than 16 MB", failure.Message, StringComparison.Ordinal);

        static byte[] Bomb() => new byte[64 * 1024 * 1024];
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, gzip, gzip")]
    public async Task An_encoding_that_is_not_read_is_named_with_what_to_do(string encoding)
    {
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => AskAsync([0x28, 0xb5, 0x2f, 0xfd], encoding));
        Assert.Contains($"It came with Content-Encoding '{encoding}', which nobody asked for", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("gzip, br")]
    [InlineData("identity")]
    public async Task Of_an_encoding_that_is_read_nothing_is_said(string encoding)
    {
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => AskAsync(Encoding.UTF8.GetBytes("<html>welcome</html>"), encoding));
        Assert.DoesNotContain("Content-Encoding", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_of_just_sixteen_megabytes_is_read()
    {
        var page = Encoding.UTF8.GetBytes(Page);
        var body = new byte[16 * 1024 * 1024];
        body.AsSpan().Fill((byte)' ');
        page.CopyTo(body, 0);
        Assert.Equal(1, (await AskAsync(body, "identity")).Total);
        Assert.Equal(1, (await AskAsync(Pack(body, "gzip"), "gzip")).Total);
        Assert.Contains("more than 16 MB", (await Assert.ThrowsAsync<WeChatApiException>(() => AskAsync([.. body, (byte)' '], "identity"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_one_is_an_answer_that_cannot_be_read()
    {
        var packed = Pack(Encoding.UTF8.GetBytes(Page), "gzip");
        foreach (var damaged in new[] { packed[..^12], [.. packed[..12], .. new byte[20]], packed[..3] })
        {
            var failure = await Assert.ThrowsAsync<WeChatApiException>(() => AskAsync(damaged, "gzip"));
            Assert.True(failure.OutcomeUnknown);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Behind_a_compressing_gateway_everything_works_with_the_handler_that_the_library_brings(string encoding)
    {
        string? asked = "";
        await using var platform = await TcpPlatform.StartAsync(async context =>
        {
            asked += context.Request.Headers.AcceptEncoding;
            context.Response.Headers.ContentEncoding = encoding;
            context.Response.ContentType = "application/json";
            var isToken = context.Request.Path.Value!.EndsWith("token", StringComparison.Ordinal);
            await context.Response.Body.WriteAsync(Pack(Encoding.UTF8.GetBytes(isToken ? TcpPlatform.Token : TcpPlatform.Sent), encoding));
            return "";
        });
        var services = new ServiceCollection();
        platform.Register(services);
        await using var host = services.BuildServiceProvider();

        var result = await host.GetRequiredService<ITemplateMessageSender>().SendAsync("o1", TemplateMessage.Create("t").Set("keyword1", "x").Build());

        Assert.Equal((PushStatus.Sent, 7), (result.Status, result.MessageId));
        Assert.Equal("", asked);
    }

    [Fact]
    public async Task Raw_deflate_that_begins_like_zlib_is_told_from_it_by_its_check()
    {
        // A stored block of 13 bytes whose padding makes its first half-byte zlib's, and an empty last one.
        byte[] packed = [0x08, 13, 0, 0xF2, 0xFF, .. "{\"errcode\":7}"u8, 1, 0, 0, 0xFF, 0xFF];
        Assert.Equal(7, (await AskAsync(packed, "deflate")).ErrorCode);
    }

    [Fact]
    public void More_encodings_than_two_are_not_undone()
    {
        var packed = Enumerable.Repeat("gzip", 3).Aggregate(Encoding.UTF8.GetBytes(Page), Pack);
        using var body = Buffer(packed, packed.Length);
        Assert.Same(body, AnswerEncoding.Decode(body, ["gzip", "gzip", "gzip"]));
    }

    [Theory]
    [InlineData(AnswerReader.MaxBytes, true)]
    [InlineData(AnswerReader.MaxBytes + 1, false)]
    public void What_is_too_long_as_it_came_is_not_unpacked(int length, bool isUnpacked)
    {
        var body = Buffer(Pack(Encoding.UTF8.GetBytes(Page), "gzip"), length);
        using var decoded = AnswerEncoding.Decode(body, ["gzip"]);
        Assert.Equal(isUnpacked, decoded != body);
    }

    /// <summary>Bytes, with zeros behind them.</summary>
    private static PooledBuffer Buffer(byte[] bytes, int length)
    {
        var buffer = new PooledBuffer(length);
        bytes.CopyTo(buffer.GetSpan(length));
        buffer.GetSpan(length)[bytes.Length..length].Clear();
        buffer.Advance(length);
        return buffer;
    }

    private static byte[] Pack(byte[] bytes, string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream packing = encoding.ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "raw" => new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BufferedStream(new MemoryStream()),
        })
        {
            if (encoding is "identity")
            {
                return bytes;
            }

            packing.Write(bytes);
        }

        return packed.ToArray();
    }

    private async Task<FollowerPageAnswer> AskAsync(byte[] body, string encoding)
    {
        using var handler = new ScriptedHandler((_, _, _) =>
        {
            var response = Answer(HttpStatusCode.OK, body);
            response.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            return Task.FromResult(response);
        });
        return await Transport(handler, _time, options => options.Http.MaxRetries = 0).SendAsync(FollowerEndpoints.UserGet, Token, null, default, default);
    }
}
