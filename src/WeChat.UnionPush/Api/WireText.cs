using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>How JSON for the platform is written: UTF-8 as it is, since the platform has error codes for escaped text (40033, 47002).</summary>
internal static class WireText
{
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = new PlainEncoder(), SkipValidation = true };

    public static readonly JsonWriterOptions IndentedOptions = new() { Encoder = new PlainEncoder(), Indented = true };

    /// <summary>Escapes the quote, the backslash and control characters. The framework's most relaxed encoder still escapes emoji, U+3000 and others.</summary>
    private sealed class PlainEncoder : JavaScriptEncoder
    {
        // Surrogates too: half a pair must come to the step that replaces it, or the text would end there.
        private static readonly SearchValues<char> Escaped = SearchValues.Create(
            [.. Enumerable.Range(0, ' ').Concat(Enumerable.Range(0xD800, 0x800)).Select(static value => (char)value), '"', '\\']);
        private static readonly SearchValues<byte> EscapedBytes = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(static value => (byte)value), (byte)'"', (byte)'\\']);

        public override int MaxOutputCharactersPerInputCharacter => 6;

        public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\';

        public override unsafe int FindFirstCharacterToEncode(char* text, int textLength) =>
            new ReadOnlySpan<char>(text, textLength).IndexOfAny(Escaped);

        public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) => utf8Text.IndexOfAny(EscapedBytes);

        public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
        {
            var output = new Span<char>(buffer, bufferLength);
            if (!WillEncode(unicodeScalar))
            {
                return new Rune(unicodeScalar).TryEncodeToUtf16(output, out numberOfCharactersWritten);
            }

            var escape = unicodeScalar switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ => $"\\u{unicodeScalar:x4}",
            };
            numberOfCharactersWritten = escape.AsSpan().TryCopyTo(output) ? escape.Length : 0;
            return numberOfCharactersWritten > 0;
        }
    }
}
