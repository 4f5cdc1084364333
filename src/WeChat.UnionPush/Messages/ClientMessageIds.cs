using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>
/// Anti-duplicate ids (<c>client_msg_id</c>). Their length limit is not documented. The same field of mass sending takes 32 characters and
/// refuses a GUID with dashes.
/// </summary>
internal static class ClientMessageIds
{
    public const int MaxLength = 32;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    public static bool IsValid(ReadOnlySpan<char> id) => id.Length is > 0 and <= MaxLength && !id.ContainsAnyExcept(Allowed);

    /// <summary>A new unique id, for a send that has none.</summary>
    /// <param name="id">The new id.</param>
    /// <param name="room">The buffer it is written to.</param>
    public static ReadOnlySpan<char> From(Guid id, Span<char> room)
    {
        id.TryFormat(room, out var written, "N");
        return room[..written];
    }

    /// <summary>The same id for the same template and key, on every machine.</summary>
    public static string From(string templateId, string key)
    {
        const int OnStack = 256;
        var length = Encoding.UTF8.GetMaxByteCount(templateId.Length + 1 + key.Length);
        var rented = length > OnStack ? ArrayPool<byte>.Shared.Rent(length) : null;
        var bytes = rented ?? stackalloc byte[OnStack];
        var written = Encoding.UTF8.GetBytes(templateId, bytes);
        bytes[written++] = (byte)'\n';
        written += Encoding.UTF8.GetBytes(key, bytes[written..]);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..written], hash);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }

        Span<char> hex = stackalloc char[MaxLength];
        for (var i = 0; i < MaxLength / 2; i++)
        {
            hex[i * 2] = "0123456789abcdef"[hash[i] >> 4];
            hex[(i * 2) + 1] = "0123456789abcdef"[hash[i] & 0xF];
        }

        return new(hex);
    }
}
