using System.IO.Compression;
using System.Runtime.InteropServices;

namespace WeChat.UnionPush;

/// <summary>
/// Decodes answers that come compressed. The library never asks for that, but there are gateways that do it all the same, and a host's primary handler
/// that does not undo it.
/// </summary>
internal static class AnswerEncoding
{
    // More than one is rare, and each could be a bomb of its own.
    private const int MaxEncodings = 2;

    /// <summary>The encodings of an answer, in the order in which they were applied, or <see langword="null"/>.</summary>
    public static string[]? Of(HttpResponseMessage response)
    {
        if (!response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var values))
        {
            return null;
        }

        var encodings = string.Join(',', values.ToArray()).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return Array.FindAll(encodings, static encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)) is { Length: > 0 } applied ? applied : null;
    }

    /// <summary>A sentence about an encoding that cannot be undone here; empty where there is none.</summary>
    public static string Unknown(HttpResponseMessage response) =>
        Of(response) is { } encodings
            && (encodings.Length > MaxEncodings || !Array.TrueForAll(encodings, static encoding => encoding.ToUpperInvariant() is "GZIP" or "X-GZIP" or "BR" or "DEFLATE"))
            ? $" It came with Content-Encoding '{Redaction.Quote(string.Join(", ", encodings))}', which nobody asked for and which is not read here; "
                + "have the gateway leave the platform's answers as they are."
            : "";

    /// <summary>Undoes the encodings of an answer. What is decoded may be no longer than <see cref="AnswerReader.MaxBytes"/>; the rest of a bomb stays packed.</summary>
    /// <param name="body">The bytes as they came; disposed when they were decoded.</param>
    /// <param name="encodings">As <see cref="Of"/> gave them.</param>
    /// <returns>The bytes beneath; those given, where they are not what the encodings say.</returns>
    public static PooledBuffer Decode(PooledBuffer body, string[] encodings)
    {
        if (encodings.Length > MaxEncodings)
        {
            return body;
        }

        for (var i = encodings.Length - 1; i >= 0 && body.WrittenCount is > 0 and <= AnswerReader.MaxBytes; i--)
        {
            if (DecodeOne(body, encodings[i]) is not { } decoded)
            {
                return body;
            }

            body.Dispose();
            body = decoded;
        }

        return body;
    }

    private static PooledBuffer? DecodeOne(PooledBuffer body, string encoding)
    {
        MemoryMarshal.TryGetArray(body.WrittenMemory, out var bytes);
        using var packed = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        using var unpacking = Unpacking(packed, encoding, body.WrittenSpan);
        if (unpacking is null)
        {
            return null;
        }

        var decoded = new PooledBuffer(4 * body.WrittenCount);
        try
        {
            while (decoded.WrittenCount <= AnswerReader.MaxBytes && unpacking.Read(decoded.GetSpan()) is > 0 and var read)
            {
                decoded.Advance(read);
            }

            return decoded;
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            decoded.Dispose();
            return null;
        }
    }

    private static Stream? Unpacking(Stream packed, string encoding, ReadOnlySpan<byte> bytes) => encoding.ToUpperInvariant() switch
    {
        "GZIP" or "X-GZIP" => new GZipStream(packed, CompressionMode.Decompress),
        "BR" => new BrotliStream(packed, CompressionMode.Decompress),

        // The name means zlib, and there are servers that take it for what zlib wraps.
        "DEFLATE" when bytes is [var first, var second, ..] && (first & 0x0F) == 8 && ((first << 8) | second) % 31 == 0 => new ZLibStream(packed, CompressionMode.Decompress),
        "DEFLATE" => new DeflateStream(packed, CompressionMode.Decompress),
        _ => null,
    };
}
