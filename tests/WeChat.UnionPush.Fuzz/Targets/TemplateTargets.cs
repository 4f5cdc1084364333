using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Fuzz;

/// <summary>What templates say, the rules of their fields, and the body of a message.</summary>
internal static class TemplateTargets
{
    private static readonly string[] Contents =
    [
        "{{first.DATA}}\n领奖金额:{{withdrawMoney.DATA}}\n领奖时间：{{ withdrawTime.DATA }}\n{{remark.DATA}}",
        "商品名称{{thing1.DATA}}\n时间{{time2.DATA}}\n金额{{amount3.DATA}}状态{{enum_string4.DATA}}",
    ];

    private static readonly string[] Types =
    [
        "thing", "character_string", "time", "date", "amount", "phone_number", "car_number", "const", "phrase", "number", "letter", "symbol", "name", "enum", "short_thing",
    ];

    private static readonly string[] Values =
    [
        "TIT创意园", "20261122001", "2019年10月1日 15:01", "2019-10-01~2019-10-02", "¥39.80元", "+86-0766-66888866", "粤A8Z888挂", "已付款", "配送中", "39.8", "abc", "%", "张三", "15:01:30",
        "2022-08-28T15：01：30.5Z", "１２時３０分～１３：００", "八点", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "e\u0301e\u0301e\u0301", "a\nb", "一二三四五六七八九十一二三四五六七八九十一",
    ];

    private static readonly string[] Pieces =
    [
        "{{", "}}", "{", "}", ".DATA", "DATA", "{{a.DATA}}", ":", "：", "\n", "\r", "\t", " ", "\u3000", "\u00A0", "~", "～", "〜", "年",
        "月", "日", "号", "時", "时", "分", "秒", "点", "T", "Z", "-",
        "/", ".", "23:59", "24:00", "2000", "02", "29", "30", "０", "９", "¥", "元", "$", "\u200B", "\u200D", "\uFE0F", "\u0301", "😀", "\uD7FF",
        "中", "〇", "a", "A", "0", "9", "first",
        "remark", "keyword1", "data.", ".value", "_", "…", "...",
    ];

    public static IEnumerable<FuzzTarget> All() =>
    [
        new("template-content", static input => () => new MessageTemplate("t", "title", Encoding.UTF8.GetString(input)), CheckContent, Bytes(Contents), [.. Pieces, .. Types]),
        new(
            "template-value",
            Reading,
            CheckValue,
            [.. Enumerable.Range(1, Types.Length).SelectMany(static type => Values.Select(value => (byte[])[(byte)type, .. Encoding.UTF8.GetBytes(value)]))],
            [.. Pieces, .. Values]),
        new(
            "template-message",
            static input => () => Judged(input),
            CheckMessage,
            Bytes(["商品{{thing1.DATA}}\n{{time2.DATA}}|thing1|TIT|time2|15:01", "{{first.DATA}}{{keyword1.DATA}}|first|a|keyword1|b\nc",
                "{{thing1.DATA}}|{{thing1.DATA}}|x|商品|y|Thing1|z"]),
            [.. Pieces, .. Types, .. Values, "|", "|thing1|", "|keyword1|"]),
        new(
            "template-body",
            static input => () => Body(Message(input)),
            CheckBody,
            Bytes(["t|thing1|\"\\\u0001é😀", "|a|b"]),
            [.. Pieces, "|", "\"", "\\", "\u0000", "\u001f", "\u2028"]),
    ];

    private static byte[][] Bytes(string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static void CheckContent(byte[] input, object? outcome)
    {
        var template = (MessageTemplate)outcome!;
        var end = 0;
        foreach (var place in template.Places)
        {
            var text = template.Content[place.Start..place.End];
            Promise.Holds(place.Start >= end && place.End <= template.Content.Length, "places overlap or lie outside");
            Promise.Holds(text.StartsWith('{') && text.EndsWith('}') && text.Contains(place.Key + ".DATA", StringComparison.Ordinal), $"no placeholder: {text}");
            Promise.Holds(!place.Label.Contains('\n', StringComparison.Ordinal) && template.Content[end..place.Start].Contains(place.Label, StringComparison.Ordinal), "no label");
            end = place.End;
        }

        Promise.Holds(template.Keys.Select(static key => key.Name).Distinct(StringComparer.Ordinal).Count() == template.Keys.Length, "a key twice");

        // A template that is written anew from what was read is the same.
        var again = new MessageTemplate("t", "title", string.Concat(template.Places.Select(static place => $"{place.Label}:{{{{{place.Key}.DATA}}}}\n")));
        Promise.Equal(
            Dump.Of(template.Places.Select(static place => (place.Key, place.Type)).ToArray()), Dump.Of(again.Places.Select(static place => (place.Key, place.Type)).ToArray()),
            "a template that is written anew");
    }

    private static Func<object?> Reading(byte[] input)
    {
        var rule = Rule(input);
        var value = Value(input);
        return () => new Judgement(rule.FitOf(value), rule.FitOfLength(value), rule.Mend(value));
    }

    private static void CheckValue(byte[] input, object? outcome)
    {
        var (rule, value, judgement) = (Rule(input), Value(input), (Judgement)outcome!);
        var mended = judgement.Mended;
        Promise.Equal(mended, rule.Mend(mended), "mending what was mended");
        if (judgement is { Form: TemplateFit.Fits, Length: TemplateFit.Fits })
        {
            Promise.Equal(value, mended, "a value that fits");
        }

        if (rule.Ellipsis is not null)
        {
            Promise.Holds(rule.FitOfLength(mended) == TemplateFit.Fits, "a cut value is still too long");
            Promise.Holds(!mended.Any(char.IsControl), "a control character is left");
        }
        else
        {
            Promise.Holds(mended.Length == value.Length, "a value that is not running text was cut");
        }

        var field = ImmutableArray.Create(new TemplateField(rule.Word + "1", value));
        foreach (var policy in Enum.GetValues<TemplateValuePolicy>())
        {
            CheckProblems(field, null, policy);
        }
    }

    private static void CheckProblems(ImmutableArray<TemplateField> fields, MessageTemplate? template, TemplateValuePolicy policy)
    {
        var problems = TemplateMessageValidation.Problems(fields, template, policy);
        Promise.Holds(
            TemplateMessageValidation.HasErrors(fields, template, policy) == problems.Any(static problem => problem.Severity == TemplateProblemSeverity.Error),
            "the quick check and the list of problems differ");
        Promise.Holds(problems.All(static problem => !string.IsNullOrWhiteSpace(problem.Message)), "a problem says nothing");
    }

    private static Judged Judged(byte[] input)
    {
        var (message, template) = (Message(input), Template(input));
        return new Judged(message.Validate(), message.Validate(template), message.Validate(template, TemplateValuePolicy.Trim), message.Preview(), message.Preview(template));
    }

    private static void CheckMessage(byte[] input, object? outcome)
    {
        var (message, template) = (Message(input), Template(input));
        foreach (var policy in Enum.GetValues<TemplateValuePolicy>())
        {
            CheckProblems(message.Fields, template, policy);
            CheckProblems(message.Fields, null, policy);
        }

        // What is sent after mending has no more errors than what was judged as mended.
        if (!TemplateMessageValidation.HasErrors(message.Fields, template, TemplateValuePolicy.Trim))
        {
            var sent = message.Prepare(TemplateValuePolicy.Trim, template);
            Promise.Holds(!TemplateMessageValidation.HasErrors(sent.Fields, template, TemplateValuePolicy.Reject), "a message is sent that its own check refuses");
        }
    }

    private static string Body(TemplateMessage message) => message.ToJson("o1");

    private static void CheckBody(byte[] input, object? outcome)
    {
        var message = Message(input);
        using var document = JsonDocument.Parse((string)outcome!);
        Promise.Equal(Whole(message.TemplateId), document.RootElement.GetProperty("template_id").GetString(), "the template id in the body");
        var written = document.RootElement.GetProperty("data").EnumerateObject().Select(static field => (field.Name, field.Value.GetProperty("value").GetString())).ToArray();
        Promise.Equal(
            Dump.Of(message.Fields.Select(static field => (Whole(field.Key), Whole(field.Value))).ToArray()), Dump.Of(written), "the fields in the body");
    }

    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static TemplateFieldRule Rule(byte[] input) => TemplateFieldRules.For((TemplateParameterType)(input.Length == 0 ? 1 : (input[0] % Types.Length) + 1))!;

    private static string Value(byte[] input) => input.Length == 0 ? "" : Encoding.UTF8.GetString(input, 1, input.Length - 1);

    /// <summary>Content, then keys and values in turn, with bars between them.</summary>
    private static string[] Parts(byte[] input) => Encoding.UTF8.GetString(input).Split('|', 21);

    private static MessageTemplate Template(byte[] input) => new("t", "title", Parts(input)[0]);

    private static TemplateMessage Message(byte[] input)
    {
        var parts = Parts(input);
        var fields = parts.Skip(1).Chunk(2).Where(static pair => pair.Length == 2 && pair[0].Length > 0).DistinctBy(static pair => pair[0], StringComparer.Ordinal);
        return new TemplateMessage(
            parts[0].Length == 0 ? "t" : parts[0], [.. fields.Select(static pair => new TemplateField(pair[0], pair[1]))], null, null, "id", null);
    }

    private sealed record Judgement(TemplateFit Form, TemplateFit Length, string Mended);
}

/// <summary>What the library says of a message, with and without its template.</summary>
internal sealed record Judged(
    IReadOnlyList<TemplateMessageProblem> Alone, IReadOnlyList<TemplateMessageProblem> WithTemplate,
    IReadOnlyList<TemplateMessageProblem> Mended, string Preview, string PreviewWithTemplate);
