using System.Buffers;
using System.Globalization;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>
/// Every limit of the platform's parameter types. The tables of the template message and of the subscribe message pages, and what the
/// platform's staff have confirmed; where those are silent, a value is taken to fit.
/// </summary>
internal static class TemplateFieldRules
{
    // In the order of TemplateParameterType, from the first typed one on. Inside a lambda stands another one and no method group, which
    // would be a new delegate at every call.
    private static readonly TemplateFieldRule[] Rows =
    [
        new()
        {
            Type = TemplateParameterType.Thing, Limit = 20, HasShape = static value => All(value, static rune => TemplateCharacters.IsPrintable(rune)),
            Takes = "any characters but line breaks and control characters", Example = "TIT创意园", Ellipsis = "…",
        },
        new()
        {
            Type = TemplateParameterType.CharacterString, Limit = 32,
            HasShape = static value => All(value, static rune => TemplateCharacters.IsPrintable(rune) && !TemplateCharacters.IsChinese(rune)),
            Takes = "digits, letters and symbols, and no Chinese", Example = "20261122001", Ellipsis = "...",
        },
        new()
        {
            Type = TemplateParameterType.Time, HasShape = TemplateMoments.IsTime,
            Takes = "a time of 24 hours with or without a date before it, or two joined with '~'", Example = "2019年10月1日 15:01",
        },
        new()
        {
            Type = TemplateParameterType.Date, HasShape = TemplateMoments.IsDate,
            Takes = "a date with or without a time, or two joined with '~'", Example = "2019年10月1日",
        },
        new()
        {
            Type = TemplateParameterType.Amount, Limit = 10, CountDigits = DigitsBeforePoint, HasShape = IsAmount,
            Takes = "at most one currency sign, digits with or without decimals, and at most one '元' at the end", Example = "¥39.80",
        },
        new()
        {
            Type = TemplateParameterType.PhoneNumber, Limit = 17,
            HasShape = static value => All(value, static rune => IsDigit(rune) || TemplateCharacters.IsSymbol(rune)),
            Takes = "digits and symbols", Example = "+86-0766-66888866",
        },
        new()
        {
            Type = TemplateParameterType.CarNumber, Limit = 8, HasShape = IsCarNumber,
            Takes = "letters and digits, of which the first and the last may be Chinese", Example = "粤A8Z888挂",
        },
        new()
        {
            Type = TemplateParameterType.Const, Limit = 20,
            Takes = "a value that was approved with the template", Example = "已付款",
        },
        new()
        {
            Type = TemplateParameterType.Phrase, Limit = 5, HasShape = static value => All(value, static rune => TemplateCharacters.IsChinese(rune)),
            Takes = "Chinese characters and nothing else", Example = "配送中",
        },
        new()
        {
            Type = TemplateParameterType.Number, Limit = 32, CountDigits = static value => TemplateCharacters.CountDigits(value), HasShape = static value => IsDecimal(value),
            Takes = "digits with or without decimals", Example = "39.8",
        },
        new()
        {
            Type = TemplateParameterType.Letter, Limit = 32, HasShape = static value => All(value, static rune => IsLatin(rune)), Takes = "Latin letters", Example = "abc",
        },
        new()
        {
            Type = TemplateParameterType.Symbol, Limit = 5, HasShape = static value => All(value, static rune => TemplateCharacters.IsSymbol(rune)), Takes = "symbols", Example = "%",
        },
        new()
        {
            Type = TemplateParameterType.Name, Limit = 20, ChineseLimit = 10,
            HasShape = static value => All(
                value, static rune => TemplateCharacters.IsChinese(rune) || IsLatin(rune) || TemplateCharacters.IsSymbol(rune) || rune.Value == ' '),
            Takes = "Chinese characters, Latin letters, symbols and blanks", Example = "张三", Ellipsis = "…",
        },
        new() { Type = TemplateParameterType.Enum, Takes = "a value of the template's list", Example = "已付款" },
        new() { Type = TemplateParameterType.ShortThing, Takes = "any text", Example = "已付款" },
    ];

    /// <summary>The rule of a key, or null for a key without a known type.</summary>
    public static TemplateFieldRule? For(string key) => For(TemplateContent.TypeOf(key));

    public static TemplateFieldRule? For(TemplateParameterType type) => type == TemplateParameterType.Untyped ? null : Rows[(int)type - 1];

    private static bool All(string value, Func<Rune, bool> belongs)
    {
        foreach (var rune in value.EnumerateRunes())
        {
            if (!belongs(rune))
            {
                return false;
            }
        }

        return true;
    }

    // The sheet's "at most ten digits, decimals allowed" is read as ten before the point.
    private static int DigitsBeforePoint(string value)
    {
        var point = value.IndexOf('.', StringComparison.Ordinal);
        return TemplateCharacters.CountDigits(point < 0 ? value : value.AsSpan(0, point));
    }

    private static bool IsDigit(Rune rune) => rune.Value is >= '0' and <= '9';

    private static bool IsLatin(Rune rune) => rune.IsAscii && char.IsAsciiLetter((char)rune.Value);

    private static bool IsCarNumber(string value)
    {
        var at = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            var atEdge = at == 0 || at + rune.Utf16SequenceLength == value.Length;
            if (!IsDigit(rune) && !IsLatin(rune) && !(atEdge && TemplateCharacters.IsChinese(rune)))
            {
                return false;
            }

            at += rune.Utf16SequenceLength;
        }

        return true;
    }

    private static bool IsAmount(string value)
    {
        var number = value.AsSpan();
        if (Rune.DecodeFromUtf16(number, out var first, out var length) == OperationStatus.Done && Rune.GetUnicodeCategory(first) == UnicodeCategory.CurrencySymbol)
        {
            number = number[length..];
        }

        return IsDecimal(number is [.., '元'] ? number[..^1] : number);
    }

    private static bool IsDecimal(ReadOnlySpan<char> value)
    {
        var point = value.IndexOf('.');
        return point < 0 ? AreDigits(value) : AreDigits(value[..point]) && AreDigits(value[(point + 1)..]);
    }

    private static bool AreDigits(ReadOnlySpan<char> value) => !value.IsEmpty && TemplateCharacters.CountDigits(value) == value.Length;
}
