using System.Globalization;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>The kinds of characters that the platform's limits name.</summary>
internal static class TemplateCharacters
{
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    /// <summary>How many characters a reader sees. A letter with its accents is one, and so is an emoji of a family of four.</summary>
    public static int CountVisible(ReadOnlySpan<char> text)
    {
        var count = 0;
        while (!text.IsEmpty)
        {
            text = text[StringInfo.GetNextTextElementLength(text)..];
            count++;
        }

        return count;
    }

    public static int CountDigits(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var character in text)
        {
            count += char.IsAsciiDigit(character) ? 1 : 0;
        }

        return count;
    }

    public static bool Any(ReadOnlySpan<char> text, Func<Rune, bool> belongs)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (belongs(rune))
            {
                return true;
            }
        }

        return false;
    }

    public static bool All(ReadOnlySpan<char> text, Func<Rune, bool> belongs)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!belongs(rune))
            {
                return false;
            }
        }

        return true;
    }

    public static bool AnyChinese(ReadOnlySpan<char> text) => Any(text, static rune => IsChinese(rune));

    /// <summary>Whether a text shows nothing. The platform treats a single zero-width space as empty.</summary>
    public static bool IsBlank(ReadOnlySpan<char> text) => All(text, static rune => Rune.IsWhiteSpace(rune) || IsInvisible(rune));

    /// <summary>Han characters with all their extensions, and the zero 〇; Chinese punctuation is a symbol.</summary>
    public static bool IsChinese(Rune rune) => rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or 0x3007
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x323AF);

    public static bool IsDigit(Rune rune) => rune.Value is >= '0' and <= '9';

    public static bool IsLatin(Rune rune) => rune.IsAscii && char.IsAsciiLetter((char)rune.Value);

    /// <summary>Punctuation and symbols of any script, including most emoji. Blanks, joiners and combining marks do not count.</summary>
    public static bool IsSymbol(Rune rune) => Rune.IsPunctuation(rune) || Rune.IsSymbol(rune);

    /// <summary>
    /// Characters without width, and half surrogate pairs. The platform's pages do not mention them; they come from pasted text. The joiner and the selectors
    /// that form emoji and variants of Chinese characters are part of the character they form.
    /// </summary>
    public static bool IsStray(Rune rune) =>
        rune == Rune.ReplacementChar || rune.Value is 0x2028 or 0x2029 || (IsInvisible(rune) && !IsJoining(rune));

    private static bool IsJoining(Rune rune) => rune.Value is 0x200D or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0020 and <= 0xE007F) or (>= 0xE0100 and <= 0xE01EF);

    private static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format
        || rune.Value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x2800 or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0
            or (>= 0xE0000 and <= 0xE0FFF);
}
