namespace WeChat.UnionPush;

/// <summary>
/// Orders texts as the bytes of their UTF-8 would be ordered, as databases do. It differs from ordinal order of UTF-16 in one place: characters
/// beyond U+FFFF, written as surrogates, come last.
/// </summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static readonly Utf8Order Instance = new();

    public int Compare(string? x, string? y)
    {
        var left = x.AsSpan();
        var right = y.AsSpan();
        var same = left.CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
        {
            return left.Length - right.Length;
        }

        return Rank(left[same]) - Rank(right[same]);
    }

    private static int Rank(char character) => char.IsSurrogate(character) ? character + 0x10000 : character;
}
