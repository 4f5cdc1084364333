using System.Buffers;
using System.Diagnostics;
using System.Text.Unicode;

namespace WeChat.UnionPush;

/// <summary>
/// Writes the body of <c>template/send</c>, escaping what <see cref="WireText"/> escapes. This is a second escaper, for the one body that every push writes. It
/// takes 190 ns and allocates nothing; a serializer takes 630 ns and 808 bytes (<c>WriteToPooledBuffer</c> in <c>benchmarks/RESULTS.md</c>).
/// </summary>
internal ref struct TemplateMessageJson
{
    private const int LargestBytesPerChar = 6;

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000A\u000B\u000C\u000D\u000E\u000F" +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F");

    private readonly Span<byte> _output;
    private int _written;

    private TemplateMessageJson(Span<byte> output) => _output = output;

    public static void Write(IBufferWriter<byte> output, TemplateMessage message, string toUser, ReadOnlySpan<char> clientMessageId)
    {
        var json = new TemplateMessageJson(output.GetSpan(LargestSize(message, toUser, clientMessageId)));
        json.Raw("{\"touser\":"u8);
        json.Text(toUser);
        json.Raw(",\"template_id\":"u8);
        json.Text(message.TemplateId);
        if (message.Url is { } url)
        {
            json.Raw(",\"url\":"u8);
            json.Text(url);
        }

        if (message.MiniProgram is { } miniProgram)
        {
            json.Raw(",\"miniprogram\":{\"appid\":"u8);
            json.Text(miniProgram.AppId);
            if (miniProgram.PagePath is { } pagePath)
            {
                json.Raw(",\"pagepath\":"u8);
                json.Text(pagePath);
            }

            json.Raw("}"u8);
        }

        if (!clientMessageId.IsEmpty)
        {
            json.Raw(",\"client_msg_id\":"u8);
            json.Text(clientMessageId);
        }

        json.Raw(",\"data\":{"u8);
        var first = true;
        foreach (ref readonly var field in message.Fields.AsSpan())
        {
            if (!first)
            {
                json.Raw(","u8);
            }

            first = false;
            json.Text(field.Key);
            json.Raw(":{\"value\":"u8);
            json.Text(field.Value);
            if (field.Color is { } color)
            {
                json.Raw(",\"color\":"u8);
                json.Text(color);
            }

            json.Raw("}"u8);
        }

        json.Raw("}}"u8);
        output.Advance(json._written);
    }

    private static int LargestSize(TemplateMessage message, string toUser, ReadOnlySpan<char> clientMessageId)
    {
        const int Frame = 160;
        const int FieldFrame = 32;

        var chars = toUser.Length + message.TemplateId.Length + (message.Url?.Length ?? 0) + clientMessageId.Length
            + (message.MiniProgram?.AppId.Length ?? 0) + (message.MiniProgram?.PagePath?.Length ?? 0);
        foreach (ref readonly var field in message.Fields.AsSpan())
        {
            chars += field.Key.Length + field.Value.Length + (field.Color?.Length ?? 0);
        }

        return checked((chars * LargestBytesPerChar) + Frame + (message.Fields.Length * FieldFrame));
    }

    private void Raw(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(_output[_written..]);
        _written += utf8.Length;
    }

    private void Text(ReadOnlySpan<char> text)
    {
        Raw("\""u8);
        while (true)
        {
            var next = text.IndexOfAny(Escaped);
            Plain(next < 0 ? text : text[..next]);
            if (next < 0)
            {
                break;
            }

            Escape(text[next]);
            text = text[(next + 1)..];
        }

        Raw("\""u8);
    }

    private void Plain(ReadOnlySpan<char> text)
    {
        var status = Utf8.FromUtf16(text, _output[_written..], out _, out var bytes, replaceInvalidSequences: true);
        Debug.Assert(status == OperationStatus.Done, "the span was sized for the longest form");
        _written += bytes;
    }

    private void Escape(char character)
    {
        switch (character)
        {
            case '"':
                Raw("\\\""u8);
                break;
            case '\\':
                Raw("\\\\"u8);
                break;
            case '\n':
                Raw("\\n"u8);
                break;
            case '\r':
                Raw("\\r"u8);
                break;
            case '\t':
                Raw("\\t"u8);
                break;
            default:
                Raw("\\u00"u8);
                _output[_written++] = (byte)('0' + (character >> 4));
                _output[_written++] = (byte)"0123456789abcdef"[character & 0xF];
                break;
        }
    }
}
