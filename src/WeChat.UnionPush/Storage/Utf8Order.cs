namespace WeChat.UnionPush.Storage;

/// <summary>
/// Orders texts by their UTF-8 bytes, as databases do. It differs from ordinal UTF-16 order in one way: characters
/// above U+FFFF, which are surrogate pairs, come last. For stores that sort in memory.
/// </summary>
public sealed class Utf8Order : IComparer<string>
{
    private Utf8Order()
    {
    }

    /// <summary>The only instance.</summary>
    public static Utf8Order Instance { get; } = new();

    /// <summary>Compares two texts; <see langword="null"/> counts as empty.</summary>
    /// <param name="x">One text.</param>
    /// <param name="y">The other text.</param>
    /// <returns>Negative when <paramref name="x"/> comes first, positive when <paramref name="y"/> does, zero when they are equal.</returns>
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
