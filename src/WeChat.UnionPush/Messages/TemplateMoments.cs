using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace WeChat.UnionPush;

/// <summary>
/// The forms of times and dates. The pages and their footnote name <c>15:01</c> and <c>15:01:30</c>; dates as 年月日, 年月 or 月日, or joined with <c>-</c>,
/// <c>/</c> or <c>.</c>; a date before a time; and two of them joined with <c>~</c>.
/// </summary>
/// <remarks>
/// <para>A <c>time</c> takes a date alone, too: a subscribe message with <c>"time8": "2022-08-28"</c> went out (the answers of
/// developers.weixin.qq.com/community/personal/oCJUsw7z8Lhl9vXE7jqo9zeyvqZo), and templates of the Official Account have no other type for dates.</para>
/// <para>Answered with 47003: <c>～</c> in place of <c>~</c> (000e6edb2a4938ed0031122ba61000), a hyphen in its place (000e8eb13a44908da8ae7e6d151400),
/// hours without minutes (00022e8dfc8ff846f2d136b9566800), signs or words around a moment (000e64d199cbf0daac2cf74e651800), a duration
/// (000600f135c3d82c0531d23a466c00), a number of milliseconds (0004a61fe688a09fc2111340561013), a day without its month
/// (oCJUsw9KtOWdWOuq7ubV-QK-wjYM).</para>
/// <para>Of other forms in which a moment can still be read (no blank before the time, blanks around <c>~</c>, fractions of a second, full-width digits, a mix
/// of separators, a day that its month does not have) no source says anything.</para>
/// </remarks>
internal static partial class TemplateMoments
{
    private static readonly SearchValues<char> OtherTildes = SearchValues.Create("\uFF5E\u301C\u223C\u02DC\u3030");

    public static TemplateFit FitOfTime(string value) => FitOf(value, needsDate: false);

    public static TemplateFit FitOfDate(string value) => FitOf(value, needsDate: true);

    /// <summary>Whether it contains a tilde other than <c>~</c>: Chinese keyboards produce the full-width one.</summary>
    public static bool HasOtherTilde(ReadOnlySpan<char> value) => value.ContainsAny(OtherTildes);

    public static string WithPlainTilde(string value) => HasOtherTilde(value)
        ? string.Create(value.Length, value, static (span, value) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = OtherTildes.Contains(value[i]) ? '~' : value[i];
            }
        })
        : value;

    private static TemplateFit FitOf(ReadOnlySpan<char> value, bool needsDate)
    {
        var tilde = value.IndexOf('~');
        if (tilde < 0)
        {
            var (fit, hasDate) = Read(value);
            return needsDate && !hasDate ? Worse(fit, TemplateFit.Unproven) : fit;
        }

        var left = value[..tilde];
        var right = value[(tilde + 1)..];
        if (left.IsWhiteSpace() || right.IsWhiteSpace())
        {
            return Worse(Read(left.IsWhiteSpace() ? right : left).Fit, TemplateFit.Unproven);
        }

        var (start, end) = (Read(left), Read(right));
        var both = Worse(start.Fit, end.Fit);
        return !start.HasDate && (needsDate || end.HasDate) ? Worse(both, TemplateFit.Unproven) : both;
    }

    private static TemplateFit Worse(TemplateFit left, TemplateFit right) => left > right ? left : right;

    private static (TemplateFit Fit, bool HasDate) Read(ReadOnlySpan<char> moment)
    {
        var blank = moment.IndexOf(' ');
        var (date, time) = blank < 0 ? (IsDate(moment), IsTime(moment)) : (IsDate(moment[..blank]) && IsTime(moment[(blank + 1)..]), false);
        if (date || time)
        {
            return (TemplateFit.Fits, date);
        }

        var readable = Readable().Match(new string(moment));
        return !readable.Success ? (TemplateFit.Refused, false)
            : (IsPossible(readable) ? TemplateFit.Unproven : TemplateFit.Refused, readable.Groups["first"].Success);
    }

    private static bool IsTime(ReadOnlySpan<char> text) =>
        Number(ref text, 1, 2, 0, 23, out _) && Literal(ref text, ':') && Number(ref text, 2, 2, 0, 59, out _)
        && (text.IsEmpty || (Literal(ref text, ':') && Number(ref text, 2, 2, 0, 59, out _) && text.IsEmpty));

    private static bool IsDate(ReadOnlySpan<char> text)
    {
        // Any leap year, for a date that has none.
        var year = 2000;
        var hasYear = text.Length > 4 && TemplateCharacters.CountDigits(text[..4]) == 4;
        if (hasYear && !Number(ref text, 4, 4, 1, 9999, out year))
        {
            return false;
        }

        char separator;
        if (hasYear)
        {
            separator = text[0];
            if (separator is not ('年' or '-' or '/' or '.'))
            {
                return false;
            }

            text = text[1..];
        }
        else
        {
            var rest = text;
            if (!Number(ref rest, 1, 2, 1, 12, out _) || rest.IsEmpty)
            {
                return false;
            }

            separator = rest[0] == '月' ? '年' : rest[0];
            if (separator is not ('年' or '-' or '/' or '.'))
            {
                return false;
            }
        }

        var words = separator == '年';
        if (!Number(ref text, 1, 2, 1, 12, out var month))
        {
            return false;
        }

        if (words)
        {
            return Literal(ref text, '月')
                && ((hasYear && text.IsEmpty) || (Number(ref text, 1, 2, 1, DateTime.DaysInMonth(year, month), out _) && Literal(ref text, '日') && text.IsEmpty));
        }

        return (hasYear && text.IsEmpty)
            || (Literal(ref text, separator) && Number(ref text, 1, 2, 1, DateTime.DaysInMonth(year, month), out _) && text.IsEmpty);
    }

    private static bool Literal(ref ReadOnlySpan<char> text, char expected)
    {
        if (text.IsEmpty || text[0] != expected)
        {
            return false;
        }

        text = text[1..];
        return true;
    }

    private static bool Number(ref ReadOnlySpan<char> text, int fewest, int most, int smallest, int largest, out int number)
    {
        number = 0;
        var digits = 0;
        while (digits < text.Length && digits <= most && char.IsAsciiDigit(text[digits]))
        {
            number = (number * 10) + (text[digits] - '0');
            digits++;
        }

        text = text[digits..];
        return digits >= fewest && digits <= most && number >= smallest && number <= largest;
    }

    /// <summary>Whether the month, the day (of any month) and the time exist. 24:00 is accepted, as many people write it.</summary>
    private static bool IsPossible(Match moment)
    {
        var (first, second, third) = (Value(moment, "first"), Value(moment, "second"), Value(moment, "third"));
        var hasYear = third is not null || moment.Groups["first"].Length == 4;
        var (month, day) = hasYear ? (second, third) : (first, second);
        return month is null or (>= 1 and <= 12) && day is null or (>= 1 and <= 31)
            && Value(moment, "hour") is null or <= 24 && Value(moment, "minute") is null or <= 59 && Value(moment, "sec") is null or <= 59;
    }

    private static int? Value(Match moment, string group)
    {
        if (moment.Groups[group] is not { Success: true } found)
        {
            return null;
        }

        var number = 0;
        foreach (var digit in found.ValueSpan)
        {
            number = (number * 10) + CharUnicodeInfo.GetDecimalDigitValue(digit);
        }

        return number;
    }

    // Numbers take as many digits as possible and do not backtrack, so a text can be read in one way only.
    [GeneratedRegex(
        """
        \A\s*
        (?:
          (?<first>(?>[0-9０-９]{4}|[0-9０-９]{1,2})) \s* [-‐‑–−－/／.．。年月] \s* (?<second>(?>[0-9０-９]{1,2}))
          (?> (?: \s* [-‐‑–−－/／.．。年月] \s* (?<third>(?>[0-9０-９]{1,2})) )? )
          (?> (?: \s* [月日号號] )? )
          (?: \s* (?:[Tt]\s*)? (?<hour>(?>[0-9０-９]{1,2})) \s* [:：∶时點点] \s* (?<minute>(?>[0-9０-９]{1,2}))
          (?> (?: \s* [:：∶分] \s* (?<sec>(?>[0-9０-９]{1,2})) (?: \s* 秒 | [.,．][0-9]+ )? | \s* 分 )? ) [Zz]? )?
        |
          (?<hour>(?>[0-9０-９]{1,2})) \s* [:：∶时點点] \s* (?<minute>(?>[0-9０-９]{1,2}))
          (?> (?: \s* [:：∶分] \s* (?<sec>(?>[0-9０-９]{1,2})) (?: \s* 秒 | [.,．][0-9]+ )? | \s* 分 )? ) [Zz]?
        )
        \s*\z
        """, RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Readable();
}
