using System.Globalization;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>What the platform accepts in the keys of one type.</summary>
/// <remarks>
/// A character is a Unicode code point: a Chinese character is one, an emoji outside the basic plane is one (a family of four with its
/// joiners is seven), a letter with a combining accent is two, half a surrogate pair is one. No page says how the platform counts those. A
/// value that is too long in code points, but not in visible characters, is therefore not reported as refused.
/// </remarks>
internal sealed class TemplateFieldRule
{
    public required TemplateParameterType Type { get; init; }

    /// <summary>The maximum number of characters, or of digits where <see cref="CountDigits"/> is set. <see cref="int.MaxValue"/> where no limit is known.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>The limit for a value with a Chinese character, where that limit is different.</summary>
    public int? ChineseLimit { get; init; }

    /// <summary>Counts digits, where the limit is on digits and not on characters.</summary>
    public Func<string, int>? CountDigits { get; init; }

    /// <summary>Whether a value has a form that the type accepts, whatever its length. The value is not empty and has no control characters.</summary>
    public Func<string, TemplateFit> Form { get; init; } = static _ => TemplateFit.Fits;

    /// <summary>What a value may be, to complete "takes …".</summary>
    public required string Takes { get; init; }

    /// <summary>A value that fits.</summary>
    public required string Example { get; init; }

    /// <summary>The ending of a cut value; null where a cut would change what the value means.</summary>
    public string? Ellipsis { get; init; }

    /// <summary>Whether the value is one moment, or two joined with <c>~</c>.</summary>
    public bool IsMoment => Type is TemplateParameterType.Time or TemplateParameterType.Date;

    public string Word => TemplateContent.WordOf(Type);

    /// <summary>The word with its article.</summary>
    public string AWord => (Word[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an " : "a ") + Word;

    public int LimitFor(string value) => ChineseLimit is { } limit && TemplateCharacters.AnyChinese(value) ? limit : Limit;

    public int LengthOf(string value) => CountDigits?.Invoke(value) ?? TemplateCharacters.Count(value);

    /// <summary>What the sources say about the value's characters and form.</summary>
    public TemplateFit FitOf(string value) =>
        TemplateCharacters.Any(value, static rune => Rune.IsControl(rune)) ? TemplateFit.Refused : Form(value);

    /// <summary>What the sources say about the value's length.</summary>
    public TemplateFit FitOfLength(string value)
    {
        // A value never has more characters than UTF-16 units, so most values need no counting.
        if (value.Length <= (ChineseLimit ?? Limit) || LengthOf(value) <= LimitFor(value))
        {
            return TemplateFit.Fits;
        }

        return CountDigits is null && TemplateCharacters.CountVisible(value) <= LimitFor(value) ? TemplateFit.Unproven : TemplateFit.Refused;
    }

    /// <summary>
    /// Makes a value fit without changing what it says. In running text, line breaks and control characters become a blank, and text that is too long is cut
    /// between two visible characters. Between two moments, another tilde becomes <c>~</c>. Other values are returned unchanged.
    /// </summary>
    public string Mend(string value)
    {
        if (IsMoment)
        {
            return TemplateMoments.WithPlainTilde(value);
        }

        return Ellipsis is null ? value : Cut(OneLine(value), Ellipsis);
    }

    private static string OneLine(string value)
    {
        if (!TemplateCharacters.Any(value, static rune => Rune.IsControl(rune)))
        {
            return value;
        }

        var line = new StringBuilder(value.Length);
        foreach (var character in value)
        {
            if (!char.IsControl(character))
            {
                line.Append(character);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }

        return line.ToString().Trim();
    }

    private string Cut(string value, string ellipsis)
    {
        var limit = LimitFor(value);
        if (LengthOf(value) <= limit)
        {
            return value;
        }

        var room = limit - TemplateCharacters.Count(ellipsis);
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

        return string.Concat(value.AsSpan(0, kept), ellipsis);
    }
}
