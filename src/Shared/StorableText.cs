using System.Buffers;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>Which texts a database keeps as they are.</summary>
internal static class StorableText
{
    /// <summary>Whether a text can be stored: it has no U+0000 and no half of a surrogate pair.</summary>
    public static bool Fits(ReadOnlySpan<char> text)
    {
        // One look is enough for nearly every text.
        for (var start = text.IndexOfAnyExceptInRange('\u0001', '\uD7FF'); start >= 0; start = text.IndexOfAnyExceptInRange('\u0001', '\uD7FF'))
        {
            if (Rune.DecodeFromUtf16(text[start..], out var rune, out var length) != OperationStatus.Done || rune.Value == 0)
            {
                return false;
            }

            text = text[(start + length)..];
        }

        return true;
    }
}
