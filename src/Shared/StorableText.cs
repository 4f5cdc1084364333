using System.Buffers;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>Which texts a database keeps as they are.</summary>
internal static class StorableText
{
    /// <summary>Whether a text can be stored: it has no U+0000 and no half of a surrogate pair.</summary>
    public static bool Fits(ReadOnlySpan<char> text)
    {
        if (text.Contains('\0'))
        {
            return false;
        }

        for (var start = text.IndexOfAnyInRange('\uD800', '\uDFFF'); start >= 0; start = text.IndexOfAnyInRange('\uD800', '\uDFFF'))
        {
            if (Rune.DecodeFromUtf16(text[start..], out _, out var length) != OperationStatus.Done)
            {
                return false;
            }

            text = text[(start + length)..];
        }

        return true;
    }
}
