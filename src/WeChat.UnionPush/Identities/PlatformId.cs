using System.Buffers;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>What every store can keep as an app id, an openid or a UnionID.</summary>
internal static class PlatformId
{
    private const int MaxLength = 128;

    public static string Checked(string value, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(value, name);
        if (value.Length > MaxLength)
        {
            throw new ArgumentException($"{name} has {value.Length} characters; at most {MaxLength} are kept.", name);
        }

        if (value.Contains('\0') || !IsWellFormed(value))
        {
            throw new ArgumentException($"{name} holds U+0000 or half a surrogate pair, which no store can keep.", name);
        }

        return value;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (var start = text.IndexOfAnyInRange('\uD800', '\uDFFF'); start >= 0; start = text.IndexOfAnyInRange('\uD800', '\uDFFF'))
        {
            if (Rune.DecodeFromUtf16(text[start..], out _, out var length) != OperationStatus.Done)
            {
                return false;
            }

            text = text[(start + length)..];
        }

        return true;
    }
}
