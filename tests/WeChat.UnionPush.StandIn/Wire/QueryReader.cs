using System.Text;

namespace WeChat.UnionPush.StandIn.Wire;

/// <summary>Takes a query apart; the order of its parts is free, everything else is not.</summary>
internal static class QueryReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Read(WireRequest request, IReadOnlyCollection<string> required, IReadOnlyCollection<string> optional, Action<string> complain)
    {
        foreach (var part in request.RawQuery?.Split('&') ?? [])
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? part : part[..equals];
            if (equals < 0)
            {
                complain($"{request.Path}: the part \"{name}\" of the query has no value.");
                continue;
            }

            if (!required.Contains(name) && !optional.Contains(name))
            {
                complain($"{request.Path} has no \"{name}\" in its query.");
                continue;
            }

            if (Decode(part[(equals + 1)..]) is not { } value)
            {
                complain($"{request.Path}: the value of {name} is not escaped as a URL wants it.");
                continue;
            }

            if (!request.Query.TryAdd(name, value))
            {
                complain($"{request.Path}: {name} stands twice in the query.");
            }
        }

        foreach (var name in required)
        {
            if (request.Query.GetValueOrDefault(name) is null or "")
            {
                complain($"{request.Path}: {name} is missing in the query.");
            }
        }
    }

    private static string? Decode(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    return null;
                }

                bytes.Add(Convert.FromHexString(text.AsSpan(i + 1, 2))[0]);
                i += 2;
            }
            else if (char.IsAsciiLetterOrDigit(text[i]) || "-._~".Contains(text[i], StringComparison.Ordinal))
            {
                bytes.Add((byte)text[i]);
            }
            else
            {
                // A plus is a blank to some servers and a plus to others, so it must be escaped, as everything that has a meaning in a URL.
                return null;
            }
        }

        try
        {
            return Strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
