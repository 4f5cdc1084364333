using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>What the platform accepts in the keys of one type.</summary>
/// <remarks>
/// A character is a Unicode code point: a Chinese character is one, an emoji outside the basic plane is one (a family of four with its
/// joiners is seven), a letter with a combining accent is two, half a surrogate pair is one.
/// </remarks>
internal sealed class TemplateFieldRule
{
    public required TemplateParameterType Type { get; init; }

    /// <summary>Most characters, or digits where <see cref="CountDigits"/> is set; the whole range of <see cref="int"/> where none is known.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>The limit when the value has a Chinese character in it, where that is another one.</summary>
    public int? ChineseLimit { get; init; }

    /// <summary>Counts the digits that a limit is about, where it is not about characters.</summary>
    public Func<string, int>? CountDigits { get; init; }

    /// <summary>Whether a value that is not empty has the characters and the shape of the type, whatever its length.</summary>
    public Func<string, bool> HasShape { get; init; } = static _ => true;

    /// <summary>What a value may be, to complete "takes …".</summary>
    public required string Takes { get; init; }

    /// <summary>A value that fits.</summary>
    public required string Example { get; init; }

    /// <summary>What a cut value ends in; null where a cut would make another value of it.</summary>
    public string? Ellipsis { get; init; }

    public string Word => TemplateContent.WordOf(Type);

    public int LimitFor(string value) => ChineseLimit is { } limit && TemplateCharacters.AnyChinese(value) ? limit : Limit;

    public int LengthOf(string value) => CountDigits?.Invoke(value) ?? TemplateCharacters.Count(value);

    /// <summary>Cuts a value that is too long between two visible characters; gives other values back as they are.</summary>
    public string Trim(string value)
    {
        var limit = LimitFor(value);
        if (Ellipsis is null || LengthOf(value) <= limit)
        {
            return value;
        }

        var room = limit - TemplateCharacters.Count(Ellipsis);
        var kept = 0;
        while (kept < value.Length)
        {
            var length = StringInfo.GetNextTextElementLength(value, kept);
            room -= TemplateCharacters.Count(value.AsSpan(kept, length));
            if (room < 0)
            {
                break;
            }

            kept += length;
        }

        return string.Concat(value.AsSpan(0, kept), Ellipsis);
    }
}
