using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// The platform's check of a value in a category template, by the type in its key, as far as it is known from the tables of parameter values on the pages of
/// the template message and the subscribe message with their footnotes, and from answers that developers have published. A character is a Unicode code point:
/// the platform counts one Chinese character as one, and does not mention characters outside the basic plane.
/// </summary>
internal static partial class ValueRules
{
    private static readonly string[] Types =
    [
        "thing", "character_string", "time", "amount", "phone_number", "car_number", "const", "phrase", "date", "number", "letter", "symbol", "name", "enum",
            "enum_string", "short_thing",
    ];

    // Footnote two of the subscribe message: y年m月d日, y年m月, m月d日, or joined with '-', '/', '.'. The year before each is a leap year, for 29 February.
    private static readonly string[] DateFormats =
    [
        .. new[] { "-", "/", "." }.SelectMany(sign => new[] { $"yyyy{sign}M{sign}d", $"yyyy{sign}M" }), "yyyy年M月d日", "yyyy年M月",
    ];

    private static readonly string[] ShortDateFormats = ["yyyy M-d", "yyyy M/d", "yyyy M.d", "yyyy M月d日"];

    private static readonly string[] TimeFormats = ["H:mm", "H:mm:ss"];

    /// <summary>The type in a key such as <c>phone_number12</c>, or <see langword="null"/> when the platform has no such type.</summary>
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

    /// <summary>Whether the platform treats a value as empty. A single zero-width space counts as empty too.</summary>
    public static bool IsEmpty(string value) => value.EnumerateRunes().All(rune => Rune.IsWhiteSpace(rune) || IsUnseen(rune) || IsJoining(rune));

    /// <summary>What is known about a value that is not empty.</summary>
    public static ValueVerdict Judge(string type, string value, string[]? approvedValues, bool isSandbox)
    {
        var verdict = value.EnumerateRunes().Any(Rune.IsControl) ? ValueVerdict.Refused : type switch
        {
            "thing" => isSandbox ? Text(value) : Worst(Text(value), Length(value, 20)),
            "character_string" => value.EnumerateRunes().Any(IsChinese) ? ValueVerdict.Refused : Worst(Text(value), Length(value, 32)),
            "time" => Moments(value, isDate: false),
            "date" => Moments(value, isDate: true),
            "amount" => Amount(value),
            "phone_number" => Worst(Named(value, rune => IsAsciiDigit(rune) || IsSymbol(rune)), Length(value, 17)),
            "car_number" => Worst(PlateNumber().IsMatch(Simplified(value)) ? ValueVerdict.Taken : ValueVerdict.Unknown, Length(value, 8)),
            "const" => !IsApproved(value, approvedValues) ? ValueVerdict.Refused : Worst(Text(value), Length(value, 20)),
            "enum" or "enum_string" => IsApproved(value, approvedValues) ? ValueVerdict.Taken : ValueVerdict.Refused,
            "phrase" => value.EnumerateRunes().All(IsChinese) ? Length(value, 5) : ValueVerdict.Refused,
            "number" => Number(value),
            "letter" => Worst(Only(value, IsAsciiLetter, rune => IsAsciiDigit(rune) || IsSymbol(rune) || IsChinese(rune)), Length(value, 32)),
            "symbol" => Worst(Only(value, IsSymbol, rune => IsAsciiDigit(rune) || IsAsciiLetter(rune) || IsChinese(rune)), Length(value, 5)),
            "name" => Worst(
                Only(value, rune => IsChinese(rune) || IsAsciiLetter(rune) || IsSymbol(rune) || rune.Value == ' ', IsAsciiDigit),
                Length(value, value.EnumerateRunes().Any(IsChinese) ? 10 : 20)),
            _ => ValueVerdict.Taken,
        };
        return verdict;
    }

    /// <summary>What the phone shows of a value in a historical template: nothing after a line break, and at most 20 characters.</summary>
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

    private static ValueVerdict Worst(ValueVerdict one, ValueVerdict other) => one > other ? one : other;

    private static int Count(string value) => value.EnumerateRunes().Count();

    // It is not known whether accents and joined emoji count separately.
    private static ValueVerdict Length(string value, int most) =>
        Count(value) <= most ? ValueVerdict.Taken : new StringInfo(value).LengthInTextElements <= most ? ValueVerdict.Unknown : ValueVerdict.Refused;

    private static ValueVerdict Named(string value, Func<Rune, bool> belongs) =>
        value.EnumerateRunes().All(belongs) ? ValueVerdict.Taken : ValueVerdict.Unknown;

    private static ValueVerdict Only(string value, Func<Rune, bool> belongs, Func<Rune, bool> isExcluded) =>
        value.EnumerateRunes().Any(isExcluded) ? ValueVerdict.Refused : Named(value, belongs);

    // Characters that only programs produce: byte order marks, zero-width spaces, direction marks, line separators, half surrogate pairs.
    private static ValueVerdict Text(string value) =>
        value.EnumerateRunes().Any(rune => IsUnseen(rune) || rune.Value is 0x2028 or 0x2029 or 0xFFFD) ? ValueVerdict.Unknown : ValueVerdict.Taken;

    private static bool IsUnseen(Rune rune) => !IsJoining(rune)
        && (Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format || (rune.Value >= 0xE0000 && rune.Value <= 0xE0FFF)
            || rune.Value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x180B or 0x180C or 0x180D or 0x180E or 0x180F or 0x2800 or 0x3164 or 0xFFA0);

    // Characters that form emoji, flags and variants of Chinese characters.
    private static bool IsJoining(Rune rune) => rune.Value is 0x200D or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0020 and <= 0xE007F) or (>= 0xE0100 and <= 0xE01EF);

    private static bool IsAsciiDigit(Rune rune) => rune.IsAscii && Rune.IsDigit(rune);

    private static bool IsAsciiLetter(Rune rune) => rune.IsAscii && Rune.IsLetter(rune);

    private static bool IsSymbol(Rune rune) => Rune.IsPunctuation(rune) || Rune.IsSymbol(rune);

    private static bool IsChinese(Rune rune) => rune.Value is 0x3007
        or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x323AF);

    private static bool IsApproved(string value, string[]? approvedValues) => approvedValues is null || approvedValues.Contains(value);

    /// <summary>The value with 汉 in place of every Chinese character, so that a regular expression can match them.</summary>
    private static string Simplified(string value) => string.Concat(value.EnumerateRunes().Select(rune => IsChinese(rune) ? "汉" : rune.ToString()));

    private static ValueVerdict Amount(string value)
    {
        var digits = value.Split('.')[0].Count(char.IsAsciiDigit);
        return digits > 10 || !value.EnumerateRunes().Any(Rune.IsDigit) ? ValueVerdict.Refused
            : DocumentedAmount().IsMatch(value) ? ValueVerdict.Taken
            : ValueVerdict.Unknown;
    }

    private static ValueVerdict Number(string value) =>
        value.Count(char.IsAsciiDigit) > 32 || !value.EnumerateRunes().Any(Rune.IsDigit) || value.EnumerateRunes().Any(rune => IsAsciiLetter(rune) || IsChinese(rune))
            ? ValueVerdict.Refused
        : DocumentedNumber().IsMatch(value) ? ValueVerdict.Taken
        : ValueVerdict.Unknown;

    private static ValueVerdict Moments(string value, bool isDate)
    {
        // The tilde of Chinese keyboards and similar characters. Reports name it as the cause of a 47003.
        if (value.IndexOfAny(['\uFF5E', '\u301C', '\u223C', '\u02DC', '\u3030']) >= 0)
        {
            return ValueVerdict.Refused;
        }

        var ends = value.Split('~');
        var known = ends.Where(end => !string.IsNullOrWhiteSpace(end)).Select(MomentReading.Read).ToArray();
        var verdict = ends.Length > 2 || known.Length == 0 || known.Any(end => end is null) ? ValueVerdict.Refused
            : known.All(end => end!.IsDocumented) && known.Length == ends.Length ? ValueVerdict.Taken
            : ValueVerdict.Unknown;
        var datesWhereTheyBelong = known.Length == 0 || known[0]?.HasDate == true || (!isDate && known.All(end => end?.HasDate != true));
        return datesWhereTheyBelong ? verdict : Worst(verdict, ValueVerdict.Unknown);
    }

    private static bool IsDocumentedDate(string text) =>
        DateOnly.TryParseExact(text, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        || DateOnly.TryParseExact("2000 " + text, ShortDateFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsDocumentedTime(string text) =>
        TimeOnly.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    [GeneratedRegex(@"\A汉?[0-9A-Za-z]*汉?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PlateNumber();

    [GeneratedRegex(@"\A\p{Sc}?[0-9]+(\.[0-9]+)?元?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DocumentedAmount();

    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DocumentedNumber();

    /// <summary>Reads one end of a range, or a single moment, if a person could read it; otherwise null.</summary>
    private sealed record MomentReading(bool HasDate, bool IsDocumented)
    {
        public static MomentReading? Read(string text)
        {
            if (text.Split(' ') is [var date, var time] && IsDocumentedDate(date) && IsDocumentedTime(time))
            {
                return new(HasDate: true, IsDocumented: true);
            }

            return IsDocumentedDate(text) ? new(HasDate: true, IsDocumented: true)
                : IsDocumentedTime(text) ? new(HasDate: false, IsDocumented: true)
                : ReadLoosely(new Cursor(text), withDate: true) ? new(HasDate: true, IsDocumented: false)
                : ReadLoosely(new Cursor(text), withDate: false) ? new(HasDate: false, IsDocumented: false)
                : null;
        }

        private static bool ReadLoosely(Cursor cursor, bool withDate)
        {
            if (withDate)
            {
                if (!ReadDate(cursor))
                {
                    return false;
                }

                if (cursor.AtEnd)
                {
                    return true;
                }

                _ = cursor.Take('T') || cursor.Take('t');
            }

            return ReadTime(cursor) && cursor.AtEnd;
        }

        private static bool ReadDate(Cursor cursor)
        {
            if ((cursor.Number(4, 4) ?? cursor.Number(1, 2)) is not { } first || !cursor.TakeAny("-/.年月") || cursor.Number(1, 2) is not { } second)
            {
                return false;
            }

            var third = cursor.Try(() => cursor.TakeAny("-/.年月") ? cursor.Number(1, 2) : null);
            cursor.TakeAny("月日");
            var (month, day) = first.Digits == 4 || third is not null ? (second.Value, third?.Value) : (first.Value, second.Value);
            return month is >= 1 and <= 12 && day is null or (>= 1 and <= 31);
        }

        private static bool ReadTime(Cursor cursor)
        {
            if (cursor.Number(1, 2) is not { } hour || !cursor.TakeAny(":时") || cursor.Number(1, 2) is not { } minute)
            {
                return false;
            }

            var second = cursor.Try(() => cursor.TakeAny(":分") ? cursor.Number(1, 2) : null);
            if (second is null)
            {
                cursor.Take('分');
            }
            else if (!cursor.Take('秒'))
            {
                cursor.Fraction();
            }

            cursor.Zulu();
            return hour.Value <= 24 && minute.Value <= 59 && second is null or { Value: <= 59 };
        }
    }

    /// <summary>Reads from left to right, skips blanks, and treats characters that look alike as one.</summary>
    private sealed class Cursor(string text)
    {
        private int _at;

        public bool AtEnd => string.IsNullOrWhiteSpace(text[_at..]);

        public bool Take(char sign) => TakeAny(sign.ToString());

        public bool TakeAny(string signs)
        {
            var at = Next();
            if (at < text.Length && signs.Contains(Plain(text[at]), StringComparison.Ordinal))
            {
                _at = at + 1;
                return true;
            }

            return false;
        }

        public (int Value, int Digits)? Number(int fewest, int most)
        {
            var digits = new string(text[Next()..].TakeWhile(sign => char.IsAsciiDigit(Plain(sign))).Take(most).Select(Plain).ToArray());
            if (digits.Length < fewest)
            {
                return null;
            }

            _at = Next() + digits.Length;
            return (int.Parse(digits, CultureInfo.InvariantCulture), digits.Length);
        }

        public void Fraction()
        {
            if (_at + 1 < text.Length && text[_at] is '.' or ',' or '\uFF0E' && char.IsAsciiDigit(text[_at + 1]))
            {
                _at++;
                while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                {
                    _at++;
                }
            }
        }

        public void Zulu() => _at += _at < text.Length && text[_at] is 'Z' or 'z' ? 1 : 0;

        public T? Try<T>(Func<T?> read)
        {
            var before = _at;
            var value = read();
            if (value is null)
            {
                _at = before;
            }

            return value;
        }

        private int Next()
        {
            var at = _at;
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            return at;
        }

        private static char Plain(char sign) => sign switch
        {
            >= '\uFF10' and <= '\uFF19' => (char)(sign - '\uFF10' + '0'),
            '\u2010' or '\u2011' or '\u2013' or '\u2212' or '\uFF0D' => '-',
            '\uFF0F' => '/',
            '\uFF0E' or '。' => '.',
            '\uFF1A' or '∶' => ':',
            '點' or '点' => '时',
            '号' or '號' => '日',
            _ => sign,
        };
    }
}
