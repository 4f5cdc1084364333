namespace WeChat.UnionPush;

/// <summary>
/// The shapes of times and dates: <c>15:01</c>, <c>15:01:30</c>, <c>2019年10月1日 15:01</c>, <c>2019-10-01 15:01</c>, <c>2019/10/1</c>, <c>2019.10.1</c>, and two
/// of them joined with <c>~</c>, of which the second may leave the date out.
/// </summary>
internal static class TemplateMoments
{
    public static bool IsTime(string value) =>
        Split(value, out var start, out var end) && Read(start).Time && (end.IsEmpty || Read(end).Time);

    public static bool IsDate(string value) =>
        Split(value, out var start, out var end) && Read(start).Date && (end.IsEmpty || Read(end) is not (false, false));

    private static bool Split(ReadOnlySpan<char> value, out ReadOnlySpan<char> start, out ReadOnlySpan<char> end)
    {
        var tilde = value.IndexOf('~');
        start = tilde < 0 ? value : value[..tilde];
        end = tilde < 0 ? default : value[(tilde + 1)..];
        return tilde < 0 || !end.IsEmpty;
    }

    /// <summary>What a moment consists of; neither when it is none.</summary>
    private static (bool Date, bool Time) Read(ReadOnlySpan<char> moment)
    {
        var blank = moment.IndexOf(' ');
        if (blank >= 0)
        {
            var both = IsDatePart(moment[..blank]) && IsTimePart(moment[(blank + 1)..]);
            return (both, both);
        }

        return (IsDatePart(moment), IsTimePart(moment));
    }

    private static bool IsTimePart(ReadOnlySpan<char> text) =>
        Number(ref text, 1, 2, 0, 23, out _) && Literal(ref text, ':') && Number(ref text, 2, 2, 0, 59, out _)
        && (text.IsEmpty || (Literal(ref text, ':') && Number(ref text, 2, 2, 0, 59, out _) && text.IsEmpty));

    private static bool IsDatePart(ReadOnlySpan<char> text)
    {
        if (!Number(ref text, 4, 4, 1, 9999, out var year) || text.IsEmpty)
        {
            return false;
        }

        var separator = text[0];
        return separator is '年' or '-' or '/' or '.'
            && Literal(ref text, separator) && Number(ref text, 1, 2, 1, 12, out var month)
            && Literal(ref text, separator == '年' ? '月' : separator) && Number(ref text, 1, 2, 1, DateTime.DaysInMonth(year, month), out _)
            && (separator != '年' || Literal(ref text, '日')) && text.IsEmpty;
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
}
