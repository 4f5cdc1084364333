using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// The platform's own check of a value in a category template, by the type in its key. A character is a Unicode code point: the platform counts
/// one Chinese character as one, and says nothing of characters outside the basic plane.
/// </summary>
internal static partial class ValueRules
{
    private static readonly string[] Types =
    [
        "thing", "character_string", "time", "amount", "phone_number", "car_number", "const", "phrase", "date", "number", "letter", "symbol", "name", "enum", "short_thing",
    ];

    private static readonly string[] DateFormats =
    [
        "yyyy-M-d", "yyyy/M/d", "yyyy.M.d", "yyyy年M月d日",
    ];

    private static readonly string[] TimeFormats = ["H:mm", "H:mm:ss"];

    /// <summary>The type in a key such as <c>phone_number12</c>, or <see langword="null"/> when it is none of the platform's.</summary>
    public static string? TypeOf(string key)
    {
        var end = key.Length;
        while (end > 0 && char.IsAsciiDigit(key[end - 1]))
        {
            end--;
        }

        if (end == key.Length)
        {
            return null;
        }

        var index = Array.IndexOf(Types, key[..end]);
        return index < 0 ? null : Types[index];
    }

    public static bool Accepts(string type, string value, string[]? approvedValues, bool isSandbox) => type switch
    {
        "thing" => !HasControl(value) && (isSandbox || Count(value) <= 20),
        "character_string" => Count(value) <= 32 && !HasControl(value) && !value.EnumerateRunes().Any(IsChinese),
        "time" => IsMoment(value, needsDate: false, needsTime: true),
        "date" => IsMoment(value, needsDate: true, needsTime: false),
        "amount" => Amount().IsMatch(value),
        "phone_number" => Count(value) <= 17 && value.EnumerateRunes().All(rune => IsDigit(rune) || IsSymbol(rune)),
        "car_number" => IsCarNumber(value),
        "const" => Count(value) <= 20 && IsApproved(value, approvedValues),
        "enum" => IsApproved(value, approvedValues),
        "phrase" => Count(value) <= 5 && value.EnumerateRunes().All(IsChinese),
        "number" => Number().IsMatch(value) && value.Count(char.IsAsciiDigit) <= 32,
        "letter" => value.Length <= 32 && value.All(char.IsAsciiLetter),
        "symbol" => Count(value) <= 5 && value.EnumerateRunes().All(IsSymbol),
        "name" => IsName(value),
        _ => true,
    };

    /// <summary>What the phone shows of a value in a historical template: nothing after a line break, and no more than 20 characters.</summary>
    public static string Cut(string value)
    {
        var lineEnd = value.AsSpan().IndexOfAny('\r', '\n');
        var line = lineEnd < 0 ? value : value[..lineEnd];
        if (Count(line) <= 20)
        {
            return line;
        }

        var text = new StringBuilder();
        foreach (var rune in line.EnumerateRunes().Take(20))
        {
            text.Append(rune.ToString());
        }

        return text.Append('…').ToString();
    }

    private static int Count(string value) => value.EnumerateRunes().Count();

    private static bool HasControl(string value) => value.EnumerateRunes().Any(Rune.IsControl);

    private static bool IsDigit(Rune rune) => rune.Value is >= '0' and <= '9';

    private static bool IsAsciiLetter(Rune rune) => rune.IsAscii && Rune.IsLetter(rune);

    private static bool IsSymbol(Rune rune) => Rune.IsPunctuation(rune) || Rune.IsSymbol(rune);

    private static bool IsChinese(Rune rune) => rune.Value is 0x3007
        or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x323AF);

    private static bool IsApproved(string value, string[]? approvedValues) => approvedValues is null || approvedValues.Contains(value);

    private static bool IsCarNumber(string value)
    {
        var runes = value.EnumerateRunes().ToArray();
        return runes.Length <= 8 && runes.Select((rune, i) => (rune, i)).All(item =>
            IsDigit(item.rune) || IsAsciiLetter(item.rune) || (IsChinese(item.rune) && (item.i == 0 || item.i == runes.Length - 1)));
    }

    private static bool IsName(string value) =>
        value.EnumerateRunes().All(rune => IsChinese(rune) || IsAsciiLetter(rune) || IsSymbol(rune) || rune.Value == ' ')
        && Count(value) <= (value.EnumerateRunes().Any(IsChinese) ? 10 : 20);

    private static bool IsMoment(string value, bool needsDate, bool needsTime)
    {
        var parts = value.Split('~');
        return parts.Length <= 2 && parts.Select((part, i) => IsOneMoment(part, needsDate && i == 0, needsTime)).All(valid => valid);
    }

    private static bool IsOneMoment(string value, bool needsDate, bool needsTime)
    {
        if (IsDate(value))
        {
            return !needsTime;
        }

        if (IsTime(value))
        {
            return !needsDate;
        }

        var blank = value.IndexOf(' ', StringComparison.Ordinal);
        return blank > 0 && IsDate(value[..blank]) && IsTime(value[(blank + 1)..]);
    }

    private static bool IsDate(string value) =>
        DateOnly.TryParseExact(value, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsTime(string value) =>
        TimeOnly.TryParseExact(value, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    [GeneratedRegex(@"\A\p{Sc}?[0-9]{1,10}(\.[0-9]+)?元?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Amount();

    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
