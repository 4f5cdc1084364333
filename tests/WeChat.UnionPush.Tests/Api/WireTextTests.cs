using System.Buffers;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Tests.Api;

public sealed class WireTextTests
{
    [Theory]
    [InlineData("中文 ☕🎉 + & < > ' \u3000 \u2028 \u007f é", null)]
    [InlineData("a\"b\\c\nd\re\tf", """a\"b\\c\nd\re\tf""")]
    [InlineData("\u0001x\u001f", "\\u0001x\\u001f")]
    public void Only_quotes_backslashes_and_control_characters_are_escaped(string text, string? written)
    {
        Assert.Equal($"\"{written ?? text}\"", Write(text));
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character() =>
        Assert.Equal("\"半\ufffd尾\"", Write("半" + '\ud83d' + "尾"));

    private static string Write(string text)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireText.WriterOptions))
        {
            writer.WriteStringValue(text);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
