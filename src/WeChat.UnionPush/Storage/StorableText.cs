using System.Buffers;
using System.Text;

namespace WeChat.UnionPush.Storage;

/// <summary>
/// Tells which texts a database can store unchanged. Ids are checked before they are saved. A store calls this for ids to look up, because a driver may
/// throw for a text that cannot be stored, while the contract says that such an id is simply not found.
/// </summary>
public static class StorableText
{
    /// <summary>Whether a text can be stored: it has no U+0000 and no half of a surrogate pair.</summary>
    /// <param name="text">The text.</param>
    public static bool Fits(ReadOnlySpan<char> text)
    {
        // One vectorized search is enough for nearly every text.
        for (var start = text.IndexOfAnyExceptInRange('\u0001', '\uD7FF'); start >= 0; start = text.IndexOfAnyExceptInRange('\u0001', '\uD7FF'))
        {
            if (Rune.DecodeFromUtf16(text[start..], out var rune, out var length) != OperationStatus.Done || rune.Value == 0)
            {
                return false;
            }

            text = text[(start + length)..];
        }

        return true;
    }
}
