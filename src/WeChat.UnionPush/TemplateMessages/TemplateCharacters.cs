using System.Text;

namespace WeChat.UnionPush;

/// <summary>The kinds of characters that the platform's limits speak of.</summary>
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

    public static int CountDigits(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var character in text)
        {
            count += char.IsAsciiDigit(character) ? 1 : 0;
        }

        return count;
    }

    public static bool AnyChinese(ReadOnlySpan<char> text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsChinese(rune))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Han characters with all their extensions, and the zero 〇; Chinese punctuation is a symbol.</summary>
    public static bool IsChinese(Rune rune) => rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or 0x3007
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x323AF);

    /// <summary>Anything but control characters, of which the line break is one.</summary>
    public static bool IsPrintable(Rune rune) => !Rune.IsControl(rune);

    /// <summary>Punctuation and symbols of any script, most emoji among them; not blanks, joiners and combining marks.</summary>
    public static bool IsSymbol(Rune rune) => Rune.IsPunctuation(rune) || Rune.IsSymbol(rune);
}
