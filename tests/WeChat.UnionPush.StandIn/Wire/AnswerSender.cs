using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace WeChat.UnionPush.StandIn.Wire;

/// <summary>Writes an answer to a connection, in the odd ways that mischief asks for.</summary>
internal static class AnswerSender
{
    private static readonly string[] OddMediaTypes = ["text/html", "application/octet-stream", "x", "application/json; encoding=utf-8; charset=", ""];

    /// <summary>Sends it; false when the connection ends with it.</summary>
    /// <param name="isLast">The caller is told that no further request is taken.</param>
    /// <param name="breakOff">The connection ends somewhere inside the answer.</param>
    public static async Task<bool> SendAsync(
        Stream stream, int status, string? contentType, byte[] body, Mischief mischief, Random random, bool isLast, bool breakOff, CancellationToken cancellationToken)
    {
        var headers = new List<string>();
        var isOld = mischief.HasFlag(Mischief.Http10);
        var isOdd = mischief.HasFlag(Mischief.OddHeaders);
        var (encoding, bytes) = Encode(body, mischief);
        if (encoding is not null)
        {
            headers.Add($"Content-Encoding: {encoding}");
        }

        if (isOdd)
        {
            contentType = OddMediaTypes[random.Next(OddMediaTypes.Length)];
        }
        else if (mischief.HasFlag(Mischief.TextPlain))
        {
            contentType = "text/plain; charset=utf8";
        }

        headers.Add($"Content-Type: {contentType ?? "application/json; encoding=utf-8"}");

        // Whoever keeps cookies sends them back, and the next request shows it.
        headers.Add($"Set-Cookie: sid={random.Next()}; Path=/");
        if (mischief.HasFlag(Mischief.Redirect))
        {
            headers.Add("Location: /elsewhere");
        }

        var chunked = mischief.HasFlag(Mischief.Chunked) && !isOld;
        if (chunked)
        {
            headers.Add("Transfer-Encoding: chunked");
            bytes = Chunk(bytes, random);
        }
        else if (!isOld)
        {
            headers.Add(string.Create(CultureInfo.InvariantCulture, $"Content-Length: {bytes.Length}"));
        }

        if (isLast || isOld)
        {
            headers.Add("Connection: close");
        }
        else if (mischief.HasFlag(Mischief.ThreeRequestsPerConnection))
        {
            headers.Add("Keep-Alive: timeout=1, max=3");
        }

        if (isOdd)
        {
            headers.Add("X-Empty:");
            headers.Add("Via: 1.0 fred, 1.1 example.com:80 (a \"gateway\")");
            headers.Add("ETag: \"\"");
            headers.Add("Warning: 199 - \"不\"");
            headers = [.. headers.Select(header => OddName(header, random))];
        }

        var reason = isOdd ? ""
            : status switch { 200 => "OK", 302 => "Found", 400 => "Bad Request", 412 => "Precondition Failed", 502 => "Bad Gateway", 504 => "Gateway Timeout", _ => "Status" };
        var head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.{(isOld ? 0 : 1)} {status} {reason}\r\n{string.Join("\r\n", headers)}\r\n\r\n");
        if (mischief.HasFlag(Mischief.InterimAnswers))
        {
            head = $"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n{head}";
        }

        byte[] all = [.. Encoding.UTF8.GetBytes(head), .. bytes];
        if (breakOff)
        {
            // Without a length, what is cut in the body is only seen by who reads the JSON.
            all = all[..random.Next(12, all.Length - 1)];
        }

        await WriteAsync(stream, all, mischief.HasFlag(Mischief.Drip), cancellationToken);
        return !(isLast || isOld || breakOff);
    }

    private static async Task WriteAsync(Stream stream, byte[] bytes, bool drip, CancellationToken cancellationToken)
    {
        // The head and the first of the body byte by byte, the rest in pieces that cut characters and numbers.
        for (var i = 0; i < bytes.Length;)
        {
            var part = !drip ? bytes.Length : i < 600 ? 1 : 101;
            part = Math.Min(part, bytes.Length - i);
            await stream.WriteAsync(bytes.AsMemory(i, part), cancellationToken);
            if (drip)
            {
                await Task.Yield();
            }

            i += part;
        }
    }

    private static (string? Encoding, byte[] Bytes) Encode(byte[] body, Mischief mischief)
    {
        var into = new MemoryStream();
        switch (mischief & (Mischief.Gzip | Mischief.Brotli | Mischief.Deflate))
        {
            case var one when one.HasFlag(Mischief.Gzip):
                using (var gzip = new GZipStream(into, CompressionLevel.Fastest, leaveOpen: true))
                {
                    gzip.Write(body);
                }

                return ("gzip", into.ToArray());
            case var one when one.HasFlag(Mischief.Brotli):
                using (var brotli = new BrotliStream(into, CompressionLevel.Fastest, leaveOpen: true))
                {
                    brotli.Write(body);
                }

                return ("br", into.ToArray());
            case var one when one.HasFlag(Mischief.Deflate):
                using (var zlib = new ZLibStream(into, CompressionLevel.Fastest, leaveOpen: true))
                {
                    zlib.Write(body);
                }

                return ("deflate", into.ToArray());
            default:
                return (null, body);
        }
    }

    private static byte[] Chunk(byte[] bytes, Random random)
    {
        var into = new MemoryStream();
        for (var i = 0; i < bytes.Length;)
        {
            var size = Math.Min(random.Next(1, 120), bytes.Length - i);
            into.Write(Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{(random.Next(2) == 0 ? "00" : "")}{size:X}{(random.Next(3) == 0 ? ";name=\"value\"" : "")}\r\n")));
            into.Write(bytes, i, size);
            into.Write("\r\n"u8);
            i += size;
        }

        into.Write("0\r\nX-Trailer: 1\r\n\r\n"u8);
        return into.ToArray();
    }

    private static string OddName(string header, Random random)
    {
        var colon = header.IndexOf(':', StringComparison.Ordinal);
        var name = header[..colon];
#pragma warning disable CA1308 // lower case is what is wanted
        return (random.Next(2) == 0 ? name.ToLowerInvariant() : name.ToUpperInvariant()) + ":" + (random.Next(2) == 0 ? "  \t" : "") + header[(colon + 1)..].TrimStart();
#pragma warning restore CA1308
    }
}
