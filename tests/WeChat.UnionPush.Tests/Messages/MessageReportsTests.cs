using System.Globalization;
using System.Text;
using WeChat.UnionPush.Tests.Architecture;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>
/// What is said of messages, word for word, as it stands in MessageReports.txt. Who changes a rule or a text writes the file anew with
/// <c>UNIONPUSH_WRITE_REPORTS=1</c>, and reads what changed.
/// </summary>
public sealed class MessageReportsTests
{
    private static readonly string[] Keys =
    [
        "thing1", "character_string1", "time1", "date1", "amount1", "phone_number1", "car_number1", "name1", "phrase1", "const1", "enum1", "enum_string1", "number1",
        "letter1", "symbol1", "keyword1",
    ];

    private static readonly string[] Values =
    [
        "", " \u3000", "\u200B", "一", "一二三四五", "一二三四五六", "A", "A B", "a\nb", "12", "-1.5", "¥39.80", "39.80元", "1,234.5", "12345678901",
        "123456789012345678",
        "+86-0766-66888866", "粤A·Z888B", "张三", "Zhang San", "张三feng", "！", "😀", "👨‍👩‍👧‍👦", "15:01", "24:00",
        "2026年11月22日", "2026-11-22 10:00", "2026-02-30", "10:00~12:00", "10:00\uFF5E12:00", "现在",
        Repeat("一", 10), Repeat("一", 11), Repeat("一", 20), Repeat("一", 21), Repeat("A", 20), Repeat("A", 21), Repeat("A", 32), Repeat("A", 33),
        Repeat("👨‍👩‍👧‍👦", 4), Repeat("！", 6), "一二三四五六七八九十\n一二三四五六七八九十一",
    ];

    private static readonly MessageTemplate[] Templates =
    [
        new("T", "订单支付成功", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}\n"),
        new("N", "没有标签", "{{thing1.DATA}}{{thing12.DATA}}\n{{word.DATA}}"),
        new("H", "购买成功", "{{first.DATA}}\n商品:{{keyword1.DATA}}\n价格:{{keyword2.DATA}}\n{{remark.DATA}}"),
    ];

    private static readonly (string Key, string Value)[][] Messages =
    [
        [("thing1", "a"), ("amount2", "1"), ("time3", "15:01")],
        [("thing1", "a")],
        [("thing01", "a"), ("amout2", "1"), ("time3", "15:01")],
        [("商品名称", "a"), ("支付金额：", "1"), ("time3", "15:01")],
        [("商品名称", "a")],
        [("{{thing1.DATA}}", "a"), ("time3", "15:01")],
        [("{{thing1.DATA}}", "a"), ("thing1", "a")],
        [("thing1.DATA", "a")],
        [("data.thing1.value", "a")],
        [("thing2.DATA", "a")],
        [("{{}}", "a"), ("thing1", "a")],
        [("：", "a"), ("thing1", "a")],
        [("keyword", Repeat("一", 21))],
        [("Thing1", "a"), ("thing", "a"), ("THING", "a")],
        [("character_string", "a"), ("phone_number", "1"), ("name", "a"), ("time", "a"), ("date", "a"), ("number", "a"), ("amount", "a"), ("enum_string", "a")],
        [("thing2", "a"), ("thing3", "a"), ("thing34567", "a")],
        [("tihng1", "a"), ("thng1", "a"), ("ting", "a"), ("hing", "a"), ("wrd", "a"), ("w", "a"), ("wordwordword", "a")],
        [("time1", "15:01"), ("amount1", "1"), ("thing", "a")],
        [("first", "a"), ("remark", "a")],
        [("first", "a"), ("thing1", "a"), ("amount2", "1"), ("time3", "15:01")],
        [("first", "a"), ("keyword1", ""), ("keyword2", " "), ("keyword3", "a")],
        [("keyword", "a"), ("keyword1a", "a"), ("keywords1", "a"), ("Keyword1", "a"), ("keyword12", Repeat("一", 21))],
        [("keyword1", "\na"), ("keyword2", "a\r\nb")],
        [("result", Repeat("一", 99)), ("word", "")],
        [("zzzzzzzzz", "a")],
        [("zzzzzzzzz", "a"), ("thing1", "")],
        [("thing12", "a"), ("thing1", "a"), ("word", "a")],
    ];

    private static string ReportFile { get; } = Path.Combine(Repository.Root, "tests", "WeChat.UnionPush.Tests", "Messages", "MessageReports.txt");

    [Fact]
    public void What_is_said_of_a_message_is_what_is_written_down()
    {
        var report = new StringBuilder("One value under each type of key\n");
        foreach (var key in Keys)
        {
            var fits = new List<string>();
            foreach (var value in Values)
            {
                var said = Said([(key, value)], null);
                if (said.Length == 0)
                {
                    fits.Add(Shown(value));
                }
                else
                {
                    report.Append(Header([(key, value)])).Append(said);
                }
            }

            report.Append(CultureInfo.InvariantCulture, $"\n- '{key}' takes {string.Join(", ", fits)}\n");
        }

        foreach (var template in (MessageTemplate?[])[null, .. Templates])
        {
            report.Append(CultureInfo.InvariantCulture, $"\n{(template is null ? "No template is known" : "Template " + template.Id)}\n");
            foreach (var message in Messages)
            {
                report.Append(Header(message)).Append(Said(message, template));
            }
        }

        var text = report.ToString();
        if (Environment.GetEnvironmentVariable("UNIONPUSH_WRITE_REPORTS") == "1")
        {
            File.WriteAllText(ReportFile, text);
        }

        Assert.Equal(File.ReadAllLines(ReportFile), text.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void The_colour_is_told_beside_what_else_is_said_of_a_value()
    {
        var message = TemplateMessage.Create("T").Set("thing1", "a", "#173177").Set("first", "b", "#173177").Build();
        Assert.Equal(
            [
                "The colour of 'thing1' is not shown; the platform has shown none since May 2023.", "'first' is not shown; the platform has dropped it since May 2023.",
                "The colour of 'first' is not shown; the platform has shown none since May 2023.",
            ],
            message.Validate().Select(problem => problem.Message));
        Assert.Same(message, message.Prepare(TemplateValuePolicy.Reject));
    }

    private static string Header((string Key, string Value)[] fields) =>
        $"\n- {string.Join(", ", fields.Select(static field => $"{Shown(field.Key)} = {Shown(field.Value)}"))}\n";

    /// <summary>
    /// The problems by policy; those of a further policy only where more than the severity differs, or else how many errors are left. Whether a send would be
    /// stopped is asked in another way, and must be the same.
    /// </summary>
    private static string Said((string Key, string Value)[] fields, MessageTemplate? template)
    {
        var builder = TemplateMessage.Create("T");
        foreach (var (key, value) in fields)
        {
            builder.Set(key, value);
        }

        var message = builder.Build();
        var said = new StringBuilder();
        var first = (Lines: "", Errors: 0);
        foreach (var policy in (TemplateValuePolicy[])[TemplateValuePolicy.Reject, TemplateValuePolicy.Trim, TemplateValuePolicy.PassThrough])
        {
            var problems = message.Validate(template, policy);
            var errors = problems.Count(static problem => problem.Severity == TemplateProblemSeverity.Error);
            var lines = string.Concat(problems.Select(Line));
            var stops = Record.Exception(() => message.Prepare(policy, template));
            Assert.True(stops is null or TemplateMessageException, $"{stops}");
            Assert.Equal((errors > 0, lines), (stops is not null, lines));
            if (policy == TemplateValuePolicy.Reject)
            {
                first = (lines, errors);
                said.Append(lines);
            }
            else if (WithoutSeverity(lines) != WithoutSeverity(first.Lines))
            {
                said.Append("  ").Append(policy).Append('\n').Append(lines);
            }
            else if (errors != first.Errors)
            {
                said.Append(CultureInfo.InvariantCulture, $"  {policy}: {errors} errors\n");
            }
        }

        return said.ToString();

        static string Line(TemplateMessageProblem problem) =>
            $"    {Shown(problem.Key)} {problem.Rule} {problem.Severity} {problem.Length}: {problem.Message}"
                + (problem.Suggestion is null ? "\n" : $" -> {Shown(problem.Suggestion)}\n");

        static string WithoutSeverity(string lines) => lines.Replace(" Error ", " Warning ", StringComparison.Ordinal);
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static string Shown(string text)
    {
        var shown = new StringBuilder("'");
        foreach (var character in text)
        {
            // What cannot be seen is spelt out.
            _ = char.IsControl(character) || character is '\u3000' or '\u200B' or '\u200D'
                ? shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}")
                : shown.Append(character);
        }

        return shown.Append('\'').ToString();
    }
}
