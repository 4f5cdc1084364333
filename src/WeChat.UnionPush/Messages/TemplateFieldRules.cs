using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using static WeChat.UnionPush.TemplateCharacters;

namespace WeChat.UnionPush;

/// <summary>
/// Every limit of the platform's parameter types, with its source. A value is refused here only when a source says that the platform refuses it.
/// When no source mentions it, it is unproven, which is a warning.
/// </summary>
/// <remarks>
/// <para>"The table" is the table of parameter values (参数值内容限制说明) on the page of the template message,
/// <see href="https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage"/>; "the Mini Program's table" and its footnotes are
/// those on the page of the subscribe message,
/// <see href="https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_sendmessage"/>.
/// Numbers such as 000e6edb… are reports on developers.weixin.qq.com/community/develop/doc with the request and the platform's answer 47003.</para>
/// <para>Of all types: an empty value is refused ("is emtpy"), and control characters are ("不能带有换行等控制字符", first footnote).</para>
/// </remarks>
internal static class TemplateFieldRules
{
    // In the order of TemplateParameterType, from the first typed one on. The inner functions are lambdas, because a method group inside
    // a lambda would allocate a delegate at every call.
    private static readonly TemplateFieldRule[] Rows =
    [
        // The table: 20个以内字符, 可汉字、数字、字母或符号组合.
        new()
        {
            Type = TemplateParameterType.Thing, Limit = 20, Form = static value => UnlessStray(value),
            Takes = "any characters but line breaks and control characters", Example = "TIT创意园", Ellipsis = "…",
        },

        // The table: 32位以内数字、字母或符号. No Chinese: staff in 000248ab548310582150be66f6bc00, and 0002020d6cc5d02953928a4ea67000.
        new()
        {
            Type = TemplateParameterType.CharacterString, Limit = 32,
            Form = static value => AnyChinese(value) ? TemplateFit.Refused : UnlessStray(value),
            Takes = "digits, letters and symbols, and no Chinese", Example = "20261122001", Ellipsis = "...",
        },

        // The table, and the reports that TemplateMoments names.
        new()
        {
            Type = TemplateParameterType.Time, Form = TemplateMoments.FitOfTime,
            Takes = "a time of 24 hours, a date, or both, or two of them joined with '~'", Example = "2019年10月1日 15:01",
        },

        // The Mini Program's table and its second footnote.
        new()
        {
            Type = TemplateParameterType.Date, Form = TemplateMoments.FitOfDate,
            Takes = "a date with or without a time, or two of them joined with '~'", Example = "2019年10月1日",
        },

        // The table: 1个币种符号+10位以内纯数字, 可带小数, 结尾可带"元". Digits alone (纯数字) are meant; no source says what happens to separators, minus signs and blanks.
        new()
        {
            Type = TemplateParameterType.Amount, Limit = 10, CountDigits = DigitsBeforePoint,
            Form = static value => IsAmount(value) ? TemplateFit.Fits : Any(value, static rune => Rune.IsDigit(rune)) ? TemplateFit.Unproven : TemplateFit.Refused,
            Takes = "at most one currency sign, digits with or without decimals, and at most one '元' at the end", Example = "¥39.80",
        },

        // The table: 17位以内, 数字、符号.
        new()
        {
            Type = TemplateParameterType.PhoneNumber, Limit = 17,
            Form = static value => FitsIf(All(value, static rune => IsDigit(rune) || IsSymbol(rune))),
            Takes = "digits and symbols", Example = "+86-0766-66888866",
        },

        // The table: 8位以内, 第一位与最后一位可为汉字, 其余为字母或数字.
        new()
        {
            Type = TemplateParameterType.CarNumber, Limit = 8, Form = static value => FitsIf(IsCarNumber(value)),
            Takes = "letters and digits, of which the first and the last may be Chinese", Example = "粤A8Z888挂",
        },

        // The table: 20位以内字符, approved with the template. No API returns them.
        new()
        {
            Type = TemplateParameterType.Const, Limit = 20, Form = static value => UnlessStray(value),
            Takes = "a value that was approved with the template", Example = "已付款",
        },

        // The Mini Program's table: 5个以内纯汉字; staff in 000ece58dd4630c30333e03ba6b400, and 00008a0ebd42c0c4d582754ed6bc00.
        new()
        {
            Type = TemplateParameterType.Phrase, Limit = 5, Form = static value => All(value, static rune => IsChinese(rune)) ? TemplateFit.Fits : TemplateFit.Refused,
            Takes = "Chinese characters and nothing else", Example = "配送中",
        },

        // The Mini Program's table: 32位以内数字, 只能数字, 可带小数. Letters and Chinese characters are not digits in any reading.
        new()
        {
            Type = TemplateParameterType.Number, Limit = 32, CountDigits = static value => CountDigits(value),
            Form = static value => IsDecimal(value) ? TemplateFit.Fits
                : Any(value, static rune => IsLatin(rune) || IsChinese(rune)) || !Any(value, static rune => Rune.IsDigit(rune)) ? TemplateFit.Refused : TemplateFit.Unproven,
            Takes = "digits with or without decimals", Example = "39.8",
        },

        // The Mini Program's table: 32位以内字母, 只能字母. It does not say of which alphabet.
        new()
        {
            Type = TemplateParameterType.Letter, Limit = 32,
            Form = static value => All(value, static rune => IsLatin(rune)) ? TemplateFit.Fits
                : Any(value, static rune => IsDigit(rune) || IsSymbol(rune) || IsChinese(rune)) ? TemplateFit.Refused : TemplateFit.Unproven,
            Takes = "Latin letters", Example = "abc",
        },

        // The Mini Program's table: 5位以内符号, 只能符号; "除中文、英文、数字外的常见符号" (first footnote).
        new()
        {
            Type = TemplateParameterType.Symbol, Limit = 5,
            Form = static value => All(value, static rune => IsSymbol(rune)) ? TemplateFit.Fits
                : Any(value, static rune => IsDigit(rune) || IsLatin(rune) || IsChinese(rune)) ? TemplateFit.Refused : TemplateFit.Unproven,
            Takes = "symbols", Example = "%",
        },

        // The Mini Program's table: 10个以内纯汉字或20个以内纯字母或符号, mixed ones counted as Chinese. No digits: 0004469979465003c82287d7761400.
        new()
        {
            Type = TemplateParameterType.Name, Limit = 20, ChineseLimit = 10,
            Form = static value => Any(value, static rune => IsDigit(rune)) ? TemplateFit.Refused
                : FitsIf(All(value, static rune => IsChinese(rune) || IsLatin(rune) || IsSymbol(rune) || rune.Value == ' ')),
            Takes = "Chinese characters, Latin letters and symbols, and no digits", Example = "张三", Ellipsis = "…",
        },

        // The Mini Program's table: 只能上传枚举值范围内的字段值, which getMessageTemplateList of the Mini Program returns and no API of the Official Account does.
        new() { Type = TemplateParameterType.Enum, Takes = "a value of the template's list", Example = "已付款" },

        // Not documented on any page.
        new() { Type = TemplateParameterType.ShortThing, Takes = "any text but line breaks and control characters", Example = "已付款" },
    ];

    /// <summary>The rule of a key, or null for a key without a known type.</summary>
    public static TemplateFieldRule? For(string key) => For(TemplateContent.TypeOf(key));

    public static TemplateFieldRule? For(TemplateParameterType type) => type == TemplateParameterType.Untyped ? null : Rows[(int)type - 1];

    /// <summary>The fields with values repaired and cut where that makes them fit; the same array where nothing is to be done.</summary>
    public static ImmutableArray<TemplateField> Mend(ImmutableArray<TemplateField> fields)
    {
        ImmutableArray<TemplateField>.Builder? mended = null;
        for (var i = 0; i < fields.Length; i++)
        {
            var field = fields[i];
            if (For(field.Key)?.Mend(field.Value) is { } value && !ReferenceEquals(value, field.Value))
            {
                mended ??= fields.ToBuilder();
                mended[i] = field with { Value = value };
            }
        }

        return mended is null ? fields : mended.MoveToImmutable();
    }

    private static TemplateFit UnlessStray(string value) => FitsIf(!Any(value, static rune => IsStray(rune)));

    private static TemplateFit FitsIf(bool named) => named ? TemplateFit.Fits : TemplateFit.Unproven;

    // "At most ten digits, decimals allowed" is read as ten before the point.
    private static int DigitsBeforePoint(string value)
    {
        var point = value.IndexOf('.', StringComparison.Ordinal);
        return CountDigits(point < 0 ? value : value.AsSpan(0, point));
    }

    private static bool IsCarNumber(string value)
    {
        var at = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            var atEdge = at == 0 || at + rune.Utf16SequenceLength == value.Length;
            if (!IsDigit(rune) && !IsLatin(rune) && !(atEdge && IsChinese(rune)))
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

    private static bool AreDigits(ReadOnlySpan<char> value) => !value.IsEmpty && CountDigits(value) == value.Length;
}
