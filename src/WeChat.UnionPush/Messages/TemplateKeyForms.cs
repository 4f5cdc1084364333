using System.Buffers;

namespace WeChat.UnionPush;

/// <summary>
/// Recognises texts that are not keys, without knowing the template: <c>{{thing1.DATA}}</c> and <c>thing1.DATA</c>, which are the placeholder of the key,
/// and 商品名称, which is the label before it. The platform answers both with "data.thing1.value is empty".
/// </summary>
internal static class TemplateKeyForms
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>Whether a key consists of letters, digits and underscores.</summary>
    public static bool IsPlain(ReadOnlySpan<char> key) => !key.ContainsAnyExcept(Plain);

    /// <summary>The key inside a placeholder (<c>{{thing1.DATA}}</c>, <c>data.thing1.value</c>) or between stray blanks; null when there is none.</summary>
    public static string? KeyInPlace(string text)
    {
        if (TemplateContent.Parse(text) is [{ Key: var only }])
        {
            return only;
        }

        var key = text.AsSpan().Trim().Trim("{}\uFF5B\uFF5D").Trim();
        foreach (var suffix in (ReadOnlySpan<string>)[".value", ".DATA"])
        {
            if (key.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                key = key[..^suffix.Length].TrimEnd();
            }
        }

        if (key.StartsWith("data.", StringComparison.OrdinalIgnoreCase))
        {
            key = key["data.".Length..].TrimStart();
        }

        return key.Length < text.Length && !key.IsEmpty && IsPlain(key) ? key.ToString() : null;
    }

    /// <summary>The key that is probably meant when a plain word is the name of a type in another case; otherwise null.</summary>
    public static string? KeyInOtherCase(string key) =>
        TemplateContent.TypeOf(key) == TemplateParameterType.Untyped && key.ToLowerInvariant() is var lower
            && !string.Equals(lower, key, StringComparison.Ordinal) && TemplateContent.TypeOf(lower) != TemplateParameterType.Untyped
            ? lower
            : null;

    /// <summary>Whether a word is a type without the number that its keys have: <c>thing</c>.</summary>
    public static bool LacksNumber(string key) => key.Length > 0 && !char.IsAsciiDigit(key[^1]) && TemplateContent.TypeOf(key + "1") is not
        (TemplateParameterType.Untyped or TemplateParameterType.Name or TemplateParameterType.Time
            or TemplateParameterType.Date or TemplateParameterType.Number or TemplateParameterType.Amount);
}
