using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>What the platform asks of each value of a template, in words.</summary>
internal static class FieldRules
{
    public static IReadOnlyList<FieldFinding> Check(SimulatedTemplate template, IReadOnlyDictionary<string, string> values, bool isSandbox, bool refusesUnproven)
    {
        var labels = CardLayout.Labels(template.Content);
        var findings = new List<FieldFinding>();
        foreach (var key in template.Keys)
        {
            var value = values.GetValueOrDefault(key, "");
            var label = labels.GetValueOrDefault(key, key);
            if (SimulatedTemplate.IsDecoration(key))
            {
                findings.Add(new(key, label, null, true, false, "No phone shows it any more; sending it does no harm.", "手机上已不再显示，发送它没有影响。"));
                continue;
            }

            if (template.IsHistorical)
            {
                var cut = ValueRules.Cut(value);
                findings.Add(string.Equals(cut, value, StringComparison.Ordinal)
                    ? new(key, label, null, true, false, "At most 20 characters, one line; the rest is cut.", "最多 20 个字符、一行，超出部分会被截断。")
                    : new(key, label, null, true, false, $"It is cut to “{cut}”.", $"会被截断为“{cut}”。"));
                continue;
            }

            var type = ValueRules.TypeOf(key);
            if (ValueRules.IsEmpty(value))
            {
                findings.Add(new(key, label, type, false, false, "It must not be empty.", "不能为空。"));
                continue;
            }

            var (en, zh) = Describe(type);
            var verdict = type is null ? ValueVerdict.Taken : ValueRules.Judge(type, value, template.ApprovedValues(key), isSandbox);
            findings.Add(verdict == ValueVerdict.Unknown
                ? new(key, label, type, !refusesUnproven, true, $"Nobody has proof whether the platform takes this. {en}", $"平台是否接受该值尚无实证。{zh}")
                : new(key, label, type, verdict == ValueVerdict.Taken, false, en, zh));
        }

        foreach (var key in values.Keys.Where(key => !template.Keys.Contains(key, StringComparer.Ordinal)))
        {
            findings.Add(new(key, key, null, true, false, "The template has no such key; the value is ignored.", "模板中没有这个字段，该值会被忽略。"));
        }

        return findings;
    }

    public static (string En, string Zh) Describe(string? type) => type switch
    {
        "thing" => ("At most 20 characters of any kind, without line breaks.", "最多 20 个字符，可中英文、数字、符号混排，不能换行。"),
        "character_string" => ("At most 32 digits, letters and symbols, no Chinese.", "最多 32 位数字、字母或符号，不能有汉字。"),
        "time" => ("A time of 24 hours, a date before it or not, such as 2026-11-26 15:01; a range with ~.", "24 小时制时间，前面可带日期，如 2026-11-26 15:01；时间段用 ~ 连接。"),
        "date" => ("A date, a time after it or not, such as 2026-11-26; a range with ~.", "日期，后面可带时间，如 2026-11-26；日期段用 ~ 连接。"),
        "amount" => ("One currency sign and at most 10 digits, decimals allowed, 元 at the end allowed.", "1 个币种符号加最多 10 位数字，可带小数，结尾可带“元”。"),
        "phone_number" => ("At most 17 digits and symbols.", "最多 17 位数字、符号。"),
        "car_number" => ("At most 8 characters: letters and digits, the first and the last may be Chinese.", "最多 8 位，第一位与最后一位可为汉字，其余为字母或数字。"),
        "const" => ("At most 20 characters, and one of the values approved with the template.", "最多 20 个字符，且须是模板审核时填写的枚举值之一。"),
        "phrase" => ("At most 5 Chinese characters, nothing else.", "最多 5 个汉字，不能有其他字符。"),
        "number" => ("At most 32 digits, decimals allowed.", "最多 32 位数字，可带小数。"),
        "letter" => ("At most 32 letters.", "最多 32 个字母。"),
        "symbol" => ("At most 5 symbols.", "最多 5 个符号。"),
        "name" => ("At most 10 Chinese characters, or 20 letters and symbols.", "最多 10 个汉字，或 20 个字母、符号。"),
        "enum" or "enum_string" => ("One of the template's values.", "须是模板的枚举值之一。"),
        _ => ("No rule is known.", "没有已知的规则。"),
    };
}
