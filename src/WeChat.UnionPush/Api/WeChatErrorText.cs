using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace WeChat.UnionPush;

/// <summary>
/// Reads the few facts that only the platform's text (<c>errmsg</c>) carries. Its wording is not stable, may be cut, and may come from
/// something that is not the platform at all, so every reader finds its fact or nothing and never throws.
/// </summary>
internal static class WeChatErrorText
{
    private const int RequestIdLength = 26;

    // Keys are short; a longer one is somebody else's text, and would fill the message.
    private const int LongestKey = 64;

    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF.:");

    /// <summary>The request id, such as <c>5e8f2a11-1b2c3d4e-5f607182</c>.</summary>
    internal static string? RequestId(ReadOnlySpan<char> text)
    {
        for (var at = IndexAfter(text, "rid", StringComparison.OrdinalIgnoreCase); at >= 0; at = IndexAfter(text, "rid", StringComparison.OrdinalIgnoreCase))
        {
            text = text[at..];
            var rest = text.TrimStart();
            if (rest.StartsWith(":") && rest[1..].TrimStart() is { Length: >= RequestIdLength } id && IsRequestId(id[..RequestIdLength]))
            {
                return id[..RequestIdLength].ToString();
            }
        }

        return null;
    }

    /// <summary>The template key that 47003 complains of, such as <c>thing1</c>: <c>data.thing1.value</c>, or <c>thing1.DATA</c>.</summary>
    internal static string? Field(ReadOnlySpan<char> text)
    {
        var rest = text;
        for (var at = IndexAfter(rest, "data.", StringComparison.Ordinal); at >= 0; at = IndexAfter(rest, "data.", StringComparison.Ordinal))
        {
            rest = rest[at..];
            var length = rest.IndexOfAnyExcept(KeyCharacters);
            // A key must have its dot: without it the text was cut, and this may be half a key.
            if (length is > 0 and <= LongestKey && rest[length] == '.')
            {
                return rest[..length].ToString();
            }
        }

        var end = text.IndexOf(".DATA", StringComparison.Ordinal);
        var key = end > 0 ? text[(text[..end].LastIndexOfAnyExcept(KeyCharacters) + 1)..end] : [];
        return key.Length is > 0 and <= LongestKey ? key.ToString() : null;
    }

    /// <summary>The caller's address in the text of 40164 and 61004; the IPv4 one where both are there, since that is what the whitelist takes.</summary>
    internal static string? IpAddress(ReadOnlySpan<char> text)
    {
        IPAddress? version6 = null;
        while (text.IndexOfAny(AddressCharacters) is var start and >= 0)
        {
            text = text[start..];
            var length = text.IndexOfAnyExcept(AddressCharacters);
            var candidate = (length < 0 ? text : text[..length]).TrimEnd(".:");
            text = text[(length < 0 ? text.Length : length)..];

            // "IP:1.2.3.4" leaves its colon to the address, "1.2.3.4:443" has a port; and a plain number is an address to the parser.
            if (candidate.Count('.') == 3 && candidate.Count(':') <= 1)
            {
                candidate = candidate.TrimStart(':');
                candidate = candidate.IndexOf(':') is var port and > 0 ? candidate[..port] : candidate;
            }
            else if (candidate.StartsWith(":::"))
            {
                candidate = candidate[1..];
            }
            else if (candidate.Count(':') < 2)
            {
                continue;
            }

            if (!IPAddress.TryParse(candidate, out var address))
            {
                continue;
            }

            if (address.IsIPv4MappedToIPv6)
            {
                address = address.MapToIPv4();
            }

            if (address.AddressFamily == AddressFamily.InterNetwork)
            {
                return address.ToString();
            }

            version6 ??= address;
        }

        return version6?.ToString();
    }

    private static int IndexAfter(ReadOnlySpan<char> text, string word, StringComparison comparison) =>
        text.IndexOf(word, comparison) is var at and >= 0 ? at + word.Length : -1;

    private static bool IsRequestId(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 17 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
