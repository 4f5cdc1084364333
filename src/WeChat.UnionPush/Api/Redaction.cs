using System.Buffers;
using System.Globalization;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>
/// Makes foreign text fit to be quoted in a message: what looks like a token, a secret, a password, a session key, a login code or the user in an address is
/// masked, whatever cannot be seen is spelt out, and the rest is cut. The platform does not echo secrets, but a proxy's error page shows the URL it failed
/// on, and the network's own messages show the proxy's.
/// </summary>
internal static class Redaction
{
    /// <summary>How many bytes of an unreadable body are quoted.</summary>
    internal const int BodyLimit = 200;

    /// <summary>How many bytes of an <c>errmsg</c> are quoted: real ones have 220 with their rid.</summary>
    internal const int ErrorMessageLimit = 500;

    // The length of {"session_key":" and shorter than {"access_token":".
    private const int BesideSecretsLimit = 16;

    private const string Mask = "***";

    // Masking makes text shorter, so more is read than is quoted; what the cut leaves of a secret is masked as a whole one is.
    private const int ReadAhead = 16;

    // What an address with a user is looked for in.
    private const int LongestAddress = 512;

    // Sixteen bytes in Base64, before the == at their end.
    private const int SessionKeyDigits = 22;

    private static readonly string[] Base64Ends = ["==", "%3D%3D"];

    private static readonly string[] Names =
        ["token", "secret", "session_key", "sessionkey", "session-key", "js_code", "jscode", "js-code", "aes_key", "aeskey", "aes-key", "password", "passwd", "pwd"];

    // Behind the name of the scheme, in a header that a proxy's error page shows.
    private static readonly string[] Schemes = ["Basic ", "Bearer ", "Digest ", "Negotiate ", "NTLM "];

    private static readonly SearchValues<char> WordEnds = SearchValues.Create(" \t\r\n\"'<>");

    private static readonly string[] Quotes = ["\"", "'", "&quot;", "&#34;", "&#39;", "%22", "%27"];

    /// <summary>Quotes the beginning of a body that could not be read.</summary>
    /// <param name="body">The bytes as they came; what is not UTF-8 is replaced.</param>
    internal static string Quote(ReadOnlySpan<byte> body)
    {
        var head = body[..Math.Min(body.Length, ReadAhead * BodyLimit)];
        return Cut(MaskSecrets(Encoding.UTF8.GetString(head)), BodyLimit, more: head.Length < body.Length);
    }

    /// <summary>
    /// Quotes the beginning of a body in the place of one that holds a token or a session key. A name that is damaged does not give its value away, so all
    /// that is shown of anything but a page in HTML is what stands before the first value.
    /// </summary>
    /// <param name="body">The bytes as they came.</param>
    internal static string QuoteBesideSecrets(ReadOnlySpan<byte> body) =>
        body.TrimStart(" \r\n\t"u8) is [(byte)'<', ..]
            ? Quote(body)
            : Cut(Encoding.UTF8.GetString(body[..Math.Min(body.Length, BesideSecretsLimit)]), BodyLimit, more: body.Length > BesideSecretsLimit);

    /// <summary>Quotes the beginning of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">The most bytes of UTF-8 to keep.</param>
    internal static string Quote(string text, int limit = BodyLimit)
    {
        var head = text.AsSpan(0, Math.Min(text.Length, ReadAhead * limit));
        return Cut(MaskSecrets(head), limit, more: head.Length < text.Length);
    }

    /// <summary>An exception for the inside of another one: itself where its messages hold no secret, or else one that says the same without it.</summary>
    internal static Exception? Masked(Exception? exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (!string.Equals(MaskSecrets(inner.Message), inner.Message, StringComparison.Ordinal))
            {
                return new HttpRequestException($"{exception!.GetType().Name}: {Quote(exception.Message, ErrorMessageLimit)}", Masked(exception.InnerException));
            }
        }

        return exception;
    }

    private static string MaskSecrets(ReadOnlySpan<char> text)
    {
        var masked = new StringBuilder(text.Length);
        for (var (start, length) = FindSecret(text); length > 0; (start, length) = FindSecret(text))
        {
            masked.Append(text[..start]).Append(Mask);
            text = text[(start + length)..];
        }

        return masked.Append(text).ToString();
    }

    private static (int Start, int Length) FindSecret(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (NamedSecret(text[at..]) is { Length: > 0 } named)
            {
                return (at + named.Start, named.Length);
            }

            if (at > 0 && IsWord(text[at - 1]))
            {
                continue;
            }

            if (UserOfAddress(text[at..]) is { Length: > 0 } user)
            {
                return (at + user.Start, user.Length);
            }

            if (NamelessSecret(text[at..]) is > 0 and var length)
            {
                return (at, length);
            }
        }

        return (0, 0);
    }

    /// <summary>A value behind its name: in a query, in JSON, in JSON within JSON, in HTML, percent-encoded; its end may have been cut off.</summary>
    private static (int Start, int Length) NamedSecret(ReadOnlySpan<char> text)
    {
        foreach (var name in Names)
        {
            if (!text.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var rest = SkipQuote(text[name.Length..]).TrimStart();
            var separator = rest.StartsWith("=") || rest.StartsWith(":") ? 1
                : rest.StartsWith("%3A", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("%3D", StringComparison.OrdinalIgnoreCase) ? 3
                : 0;
            if (separator > 0)
            {
                rest = rest[separator..].TrimStart();
                var value = SkipQuote(rest);
                return (text.Length - value.Length, rest.StartsWith("\"") ? QuotedLength(value) : BareLength(value));
            }
        }

        return (0, 0);
    }

    /// <summary>
    /// User and password before the <c>@</c> of an address, <c>http://user:password@proxy</c> or <c>user:password@proxy</c>, also percent-encoded; and what
    /// stands behind the scheme of an authorization header.
    /// </summary>
    private static (int Start, int Length) UserOfAddress(ReadOnlySpan<char> text)
    {
        foreach (var scheme in Schemes)
        {
            if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                // Words such as those of "Basic authentication failed" have none of these.
                var credentials = text.Slice(scheme.Length, CredentialsLength(text[scheme.Length..]));
                return credentials.IndexOfAnyExceptInRange('a', 'z') >= 0 ? (scheme.Length, credentials.Length) : (0, 0);
            }
        }

        var word = text[..WordLength(text[..Math.Min(text.Length, LongestAddress)])];
        var (start, at) = Authority(word);
        return at > start && (start > 0 || word[..at].Contains(':')) ? (start, at - start) : (0, 0);
    }

    /// <summary>Where the user begins, and the <c>@</c> that ends it: the last one before the path, or before the end where a password holds a slash.</summary>
    private static (int Start, int At) Authority(ReadOnlySpan<char> word)
    {
        var plain = word.IndexOf("://");
        var encoded = word.IndexOf("%3A%2F%2F", StringComparison.OrdinalIgnoreCase);
        if (encoded >= 0 && (plain < 0 || encoded < plain))
        {
            return (encoded + 9, word.LastIndexOf("%40"));
        }

        var start = plain < 0 ? 0 : plain + 3;
        var authority = word[start..];
        var path = authority.IndexOfAny("/?#");
        var host = path < 0 ? authority : authority[..path];
        var at = host.LastIndexOf('@');
        if (at < 0 && host.IndexOf(':') is >= 0 and var colon && (host[(colon + 1)..].IndexOfAnyExceptInRange('0', '9') >= 0 || colon + 1 == host.Length))
        {
            // What stands behind the colon is no port, so it is the beginning of a password.
            at = authority.LastIndexOf('@');
        }

        return (start, at < 0 ? -1 : start + at);
    }

    private static int WordLength(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAny(WordEnds);
        return end < 0 ? text.Length : end;
    }

    private static int CredentialsLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] is '+' or '/' or '=' or '-' or '_' or '.' or '~'))
        {
            length++;
        }

        return length;
    }

    /// <summary>What has the look of a secret and no name: a long token, an AppSecret's 32 hexadecimal digits, or the sixteen bytes of a session key.</summary>
    private static int NamelessSecret(ReadOnlySpan<char> text)
    {
        var key = 0;
        while (key < text.Length && (char.IsAsciiLetterOrDigit(text[key]) || text[key] is '+' or '/' or '\\'))
        {
            key++;
        }

        foreach (var end in Base64Ends)
        {
            if (key >= SessionKeyDigits && text[key..].StartsWith(end, StringComparison.OrdinalIgnoreCase))
            {
                return key + end.Length;
            }
        }

        var length = 0;
        var hexadecimal = true;
        for (; length < text.Length && IsWord(text[length]); length++)
        {
            hexadecimal &= char.IsAsciiHexDigit(text[length]);
        }

        return length >= 64 || (length == 32 && hexadecimal) ? length : 0;
    }

    private static ReadOnlySpan<char> SkipQuote(ReadOnlySpan<char> text)
    {
        var unescaped = text.TrimStart('\\');
        foreach (var quote in Quotes)
        {
            if (unescaped.StartsWith(quote))
            {
                return unescaped[quote.Length..];
            }
        }

        return text;
    }

    private static int QuotedLength(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                return at;
            }

            at += text[at] == '\\' ? 1 : 0;
        }

        return text.Length;
    }

    private static int BareLength(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var rest = text[at..];
            if (char.IsWhiteSpace(rest[0]) || "\"'<>&,;)}]".Contains(rest[0], StringComparison.Ordinal)
                || rest.StartsWith("\\\"") || rest.StartsWith("\\'") || rest.StartsWith("%22") || rest.StartsWith("%26"))
            {
                return at;
            }
        }

        return text.Length;
    }

    private static bool IsWord(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-';

    private static string Cut(string text, int limit, bool more)
    {
        var quoted = new StringBuilder(Math.Min(text.Length, limit) + 1);
        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > limit)
            {
                more = true;
                break;
            }

            // Besides control characters these are line separators, and marks that turn the direction of the text around them.
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
            else
            {
                quoted.Append(rune.ToString());
            }
        }

        return (more ? quoted.Append('…') : quoted).ToString();
    }
}
