namespace WeChat.UnionPush.Storage;

/// <summary>What every store can keep as an app id, an openid, a UnionID or another short name.</summary>
internal static class PlatformId
{
    private const int MaxLength = 128;

    public static bool Fits(string value) => value.Length is > 0 and <= MaxLength && StorableText.Fits(value);

    public static string Checked(string value, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(value, name);
        if (value.Length > MaxLength)
        {
            throw new ArgumentException($"{name} has {value.Length} characters; at most {MaxLength} are kept.", name);
        }

        if (!StorableText.Fits(value))
        {
            throw new ArgumentException($"{name} holds U+0000 or half a surrogate pair, which no store can keep.", name);
        }

        return value;
    }
}
