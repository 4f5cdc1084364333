using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace WeChat.UnionPush;

/// <summary>Reads what the platform answers: the bytes, and the JSON in them.</summary>
internal static class AnswerReader
{
    /// <summary>user/get answers with about 300 KB; anything far beyond this is not the platform's.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>How deep an answer may be nested. What is deep is a member nobody here knows, which is passed over without recursion.</summary>
    public const int MaxDepth = 100_000;

    // Answers that are longer than this prove it before they get the memory.
    private const int MaxTrustedLength = 1024 * 1024;

    /// <summary>Reads an answer's bytes, and decodes them where they come compressed. One that is too long is not read to its end, and what is there is longer than
    /// <see cref="MaxBytes"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<PooledBuffer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // One byte more than is announced, for the read that finds the end.
        var length = Math.Min(response.Content.Headers.ContentLength ?? 0, MaxTrustedLength);
        var buffer = new PooledBuffer(Math.Max((int)length + 1, PooledBuffer.DefaultCapacity));
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                while (true)
                {
                    var read = await stream.ReadAsync(buffer.GetMemory(), cancellationToken).ConfigureAwait(false);
                    buffer.Advance(read);
                    if (read == 0 || buffer.WrittenCount > MaxBytes)
                    {
                        break;
                    }
                }
            }
        }
        catch
        {
            buffer.Dispose();
            throw;
        }

        return AnswerEncoding.Of(response) is { } encodings ? AnswerEncoding.Decode(buffer, encodings) : buffer;
    }

    /// <summary>Reads JSON; what JSON does not allow is mended (BOM, raw control characters, invalid UTF-8) and read once more. <see langword="null"/> when it is none.</summary>
    public static TAnswer? Parse<TAnswer>(JsonTypeInfo<TAnswer> type, ReadOnlySpan<byte> body)
        where TAnswer : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return ParseMended(type, body);
        }
    }

    private static TAnswer? ParseMended<TAnswer>(JsonTypeInfo<TAnswer> type, ReadOnlySpan<byte> body)
        where TAnswer : class
    {
        // Decoding replaces invalid UTF-8; the platform passes on raw control characters that users typed.
        var text = Encoding.UTF8.GetString(body.StartsWith("\uFEFF"u8) ? body[3..] : body);
        var mended = string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = source[i] < ' ' ? ' ' : source[i];
            }
        });
        try
        {
            return JsonSerializer.Deserialize(mended, type);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
