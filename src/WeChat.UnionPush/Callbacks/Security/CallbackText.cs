using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// Replaces characters that XML, JSON or UTF-8 does not allow, which the platform passes on when a user wrote them. An event must not be lost because of one
/// character. A control character becomes a blank, anything else U+FFFD.
/// </summary>
internal static class CallbackText
{
    private const char Replacement = '\ufffd';

    /// <summary>Reads UTF-8. Half a surrogate pair, which some writers encode like a character, is replaced; anything else that is not UTF-8 is refused.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }

        if (!Utf8.IsValid(bytes))
        {
            var mended = bytes.ToArray();
            MendSurrogates(mended);
            bytes = mended;
        }

        text = Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
        return text is not null;
    }

    /// <summary>The text as XML can hold it: the same one when nothing must be replaced.</summary>
    public static string Mend(string text)
    {
        var at = IndexOfForbidden(text, 0);
        if (at < 0)
        {
            return text;
        }

        var characters = text.ToCharArray();
        for (; at >= 0; at = IndexOfForbidden(text, at + 1))
        {
            characters[at] = characters[at] < ' ' ? ' ' : Replacement;
        }

        return new string(characters);
    }

    /// <summary>Repairs JSON in place: control characters, which it does not allow unescaped, and escaped halves of surrogate pairs.</summary>
    public static void MendJson(Span<byte> json)
    {
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] < (byte)' ')
            {
                json[i] = (byte)' ';
            }
            else if (json[i] == (byte)'\\')
            {
                var unit = EscapedUnit(json[i..]);
                if (unit is not (>= 0xd800 and <= 0xdfff))
                {
                    i++;
                }
                else if (unit < 0xdc00 && EscapedUnit(json[(i + 6)..]) is >= 0xdc00 and <= 0xdfff)
                {
                    i += 11;
                }
                else
                {
                    "fffd"u8.CopyTo(json[(i + 2)..]);
                    i += 5;
                }
            }
        }
    }

    /// <summary>The UTF-16 unit of an escape <c>\uXXXX</c> at the beginning; negative when there is none.</summary>
    private static int EscapedUnit(ReadOnlySpan<byte> json)
    {
        if (json.Length < 6 || json[0] != (byte)'\\' || json[1] != (byte)'u')
        {
            return -1;
        }

        var unit = 0;
        foreach (var digit in json[2..6])
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return -1;
            }

            unit = (unit << 4) | ((digit & 0xf) + (digit > '9' ? 9 : 0));
        }

        return unit;
    }

    private static void MendSurrogates(Span<byte> utf8)
    {
        for (var i = 0; i + 2 < utf8.Length; i++)
        {
            if (utf8[i] == 0xed && utf8[i + 1] is >= 0xa0 and <= 0xbf && utf8[i + 2] is >= 0x80 and <= 0xbf)
            {
                "\ufffd"u8.CopyTo(utf8[i..]);
                i += 2;
            }
        }
    }

    private static int IndexOfForbidden(string text, int from)
    {
        for (var i = from; i < text.Length; i++)
        {
            switch (text[i])
            {
                case < ' ' and not ('\t' or '\n' or '\r'):
                case '\ufffe' or '\uffff':
                    return i;

                case >= '\ud800' and <= '\udfff':
                    if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                    {
                        return i;
                    }

                    i++;
                    break;
            }
        }

        return -1;
    }
}
