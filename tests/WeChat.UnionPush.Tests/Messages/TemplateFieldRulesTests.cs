using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Tests.Messages;

public sealed class TemplateFieldRulesTests
{
    private const string Chinese = "汉";
    private const string RareChinese = "𠮷";
    private const string Ascii = "a";
    private const string Digit = "7";
    private const string Emoji = "😀";
    private const string Accent = "\u0301";
    private const string Sign = "%";

    /// <summary>Key, what a value is filled with, the limit in that filling, and whether the filling belongs there at all.</summary>
    public static TheoryData<string, string, int, string> Fillings => new()
    {
        { "thing1", Chinese, 20, "fits" }, { "thing1", RareChinese, 20, "fits" }, { "thing1", Ascii, 20, "fits" }, { "thing1", Emoji, 20, "fits" },
        { "thing1", Accent, 20, "fits" }, { "thing1", Digit, 20, "fits" }, { "thing1", "。", 20, "fits" },
        { "character_string2", Ascii, 32, "fits" }, { "character_string2", Digit, 32, "fits" }, { "character_string2", Sign, 32, "fits" },
        { "character_string2", Emoji, 32, "fits" }, { "character_string2", Accent, 32, "fits" },
        { "character_string2", Chinese, 32, "refused" }, { "character_string2", RareChinese, 32, "refused" }, { "character_string2", "〇", 32, "refused" },
        { "const3", Chinese, 20, "fits" }, { "const3", Ascii, 20, "fits" }, { "const3", Emoji, 20, "fits" }, { "const3", Accent, 20, "fits" },
        { "phrase4", Chinese, 5, "fits" }, { "phrase4", RareChinese, 5, "fits" }, { "phrase4", "〇", 5, "fits" },
        { "phrase4", Ascii, 5, "refused" }, { "phrase4", Digit, 5, "refused" }, { "phrase4", Emoji, 5, "refused" }, { "phrase4", Accent, 5, "refused" },
            { "phrase4", "。", 5, "refused" },
        { "phone_number5", Digit, 17, "fits" }, { "phone_number5", "-", 17, "fits" }, { "phone_number5", Accent, 17, "unproven" },
        { "phone_number5", Emoji, 17, "fits" }, { "phone_number5", Ascii, 17, "unproven" }, { "phone_number5", Chinese, 17, "unproven" },
            { "phone_number5", "\uff17", 17, "unproven" },
        { "car_number6", Ascii, 8, "fits" }, { "car_number6", Digit, 8, "fits" }, { "car_number6", Emoji, 8, "unproven" },
        { "car_number6", Accent, 8, "unproven" }, { "car_number6", "-", 8, "unproven" },
        { "letter7", Ascii, 32, "fits" }, { "letter7", "Z", 32, "fits" }, { "letter7", "é", 32, "unproven" }, { "letter7", Chinese, 32, "refused" },
        { "letter7", Digit, 32, "refused" }, { "letter7", Emoji, 32, "refused" }, { "letter7", Accent, 32, "unproven" }, { "letter7", "\uff41", 32, "unproven" },
        { "symbol8", Sign, 5, "fits" }, { "symbol8", "。", 5, "fits" }, { "symbol8", "¥", 5, "fits" }, { "symbol8", Emoji, 5, "fits" }, { "symbol8", Accent, 5, "unproven" },
        { "symbol8", Ascii, 5, "refused" }, { "symbol8", Digit, 5, "refused" }, { "symbol8", Chinese, 5, "refused" },
        { "name9", Chinese, 10, "fits" }, { "name9", RareChinese, 10, "fits" }, { "name9", Ascii, 20, "fits" }, { "name9", "é", 20, "unproven" },
        { "name9", "·", 20, "fits" }, { "name9", Emoji, 20, "fits" }, { "name9", Accent, 20, "unproven" }, { "name9", Digit, 20, "refused" }, { "name9", "Ⅷ", 20, "unproven" },
        { "amount10", Digit, 10, "fits" }, { "amount10", Chinese, 10, "refused" }, { "amount10", Ascii, 10, "refused" }, { "amount10", Emoji, 10, "refused" },
        { "amount10", Accent, 10, "refused" }, { "amount10", "\uff17", 10, "unproven" },
        { "number11", Digit, 32, "fits" }, { "number11", Chinese, 32, "refused" }, { "number11", Ascii, 32, "refused" }, { "number11", Emoji, 32, "refused" },
        { "number11", Accent, 32, "refused" }, { "number11", "-", 32, "refused" },
    };

    [Theory]
    [MemberData(nameof(Fillings))]
    public void A_value_fits_up_to_its_limit_and_not_beyond(string key, string filling, int limit, string fit)
    {
        foreach (var length in new[] { 1, limit - 1, limit })
        {
            Assert.Equal(fit == "fits" ? [] : [(TemplateMessageRule.Malformed, fit == "refused")], Findings(key, Fill(filling, length)));
        }

        // A combining accent has no room of its own, so nobody knows whether it counts.
        var beyond = Findings(key, Fill(filling, limit + 1));
        Assert.Equal(fit != "fits", beyond.Any(finding => finding.Rule == TemplateMessageRule.Malformed));
        var countsDigits = key.StartsWith("amount", StringComparison.Ordinal) || key.StartsWith("number", StringComparison.Ordinal);
        Assert.Equal(fit == "fits" || !countsDigits, beyond.Any(finding => finding.Rule == TemplateMessageRule.TooLong));
        Assert.Equal(filling == Accent ? false : fit == "fits" || !countsDigits, beyond.Contains((TemplateMessageRule.TooLong, true)));
    }

    [Fact]
    public async Task Every_value_of_the_table_gets_its_verdict_from_the_library_and_from_the_platform()
    {
        var rows = ValueTable.Read();
        Assert.InRange(rows.Count, 300, 10_000);
        Assert.Equal(Enum.GetValues<TemplateParameterType>().Length - 1, rows.Select(row => row.Type).Distinct().Count());
        Assert.All(rows, row => Assert.False(string.IsNullOrWhiteSpace(row.Source)));
        Assert.All(rows, row => Assert.Equal(row.Verdict == "warning", row.Source == "-" && row.Verdict != "ok"));

        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        var openId = person.OpenIdIn(town.Account);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        var templates = rows.Select(row => row.Type).Distinct().ToDictionary(type => type, type => town.Account.AddTemplate(type, $"标签:{{{{{type}1.DATA}}}}"));
        var wrong = new List<string>();
        foreach (var row in rows)
        {
            var builder = TemplateMessage.Create(templates[row.Type].Id).Set(row.Type + "1", row.Value);
            var problems = builder.Build().Validate();
            var library = problems.Count == 0 ? "ok" : problems.Any(problem => problem.Severity == TemplateProblemSeverity.Error) ? "error" : "warning";
            var sent = await TryAsync(builder.Build());
            builder.WhenValuesDoNotFit(TemplateValuePolicy.PassThrough);
            town.Account.RefusesUnprovenValues = false;
            var taken = await TryAsync(builder.Build());
            town.Account.RefusesUnprovenValues = true;
            var takenStrictly = await TryAsync(builder.Build());
            town.Account.RefusesUnprovenValues = false;
            var platform = (taken, takenStrictly) switch
            {
                ("sent", "sent") => "ok",
                ("sent", "47003") => "warning",
                ("47003", "47003") => "error",
                _ => $"{taken}, {takenStrictly}",
            };
            if (library != row.Verdict || platform != row.Verdict || sent != (row.Verdict == "error" ? "stopped" : "sent"))
            {
                wrong.Add($"{row}: library {library}, platform {platform}, {sent}");
            }
        }

        Assert.Empty(wrong);

        async Task<string> TryAsync(TemplateMessage message)
        {
            try
            {
                return (await sender.SendAsync(openId, message)).IsSent ? "sent" : "not sent";
            }
            catch (TemplateMessageException)
            {
                return "stopped";
            }
            catch (WeChatApiException exception) when (exception.ErrorCode == 47003)
            {
                return "47003";
            }
        }
    }

    [Theory]
    [InlineData("张三丰Abcdefg", true)]
    [InlineData("张三丰Abcdefgh", false)]
    [InlineData("Abcdefghijklmnopqrs·", true)]
    [InlineData("Abcdefghijklmnopqrs·t", false)]
    public void A_mixed_name_counts_as_Chinese(string name, bool fits) => Assert.Equal(fits, Rules("name1", name).Count == 0);

    [Theory]
    [InlineData("thing1", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦abcdef", true)]
    [InlineData("thing1", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦abcdefg", false)]
    public void A_joined_emoji_may_count_each_of_its_code_points(string key, string value, bool fits) =>
        Assert.Equal(fits ? [] : [(TemplateMessageRule.TooLong, false)], Findings(key, value));

    [Theory]
    [InlineData("thing1")]
    [InlineData("character_string1")]
    [InlineData("name1")]
    [InlineData("symbol1")]
    [InlineData("phone_number1")]
    public void Line_breaks_and_control_characters_belong_nowhere(string key)
    {
        foreach (var character in "\n\r\t\0\u007f\u0085")
        {
            Assert.Contains(TemplateMessageRule.Malformed, Rules(key, $"+{character}-"));
        }
    }

    [Theory]
    [InlineData("thing1", TemplateParameterType.Thing)]
    [InlineData("thing01", TemplateParameterType.Thing)]
    [InlineData("character_string12", TemplateParameterType.CharacterString)]
    [InlineData("short_thing1", TemplateParameterType.ShortThing)]
    [InlineData("thing", TemplateParameterType.Untyped)]
    [InlineData("Thing1", TemplateParameterType.Untyped)]
    [InlineData("mything1", TemplateParameterType.Untyped)]
    [InlineData("keyword1", TemplateParameterType.Untyped)]
    [InlineData("1", TemplateParameterType.Untyped)]
    [InlineData("", TemplateParameterType.Untyped)]
    [InlineData("thing\uff11", TemplateParameterType.Untyped)]
    public void A_key_carries_its_type(string key, TemplateParameterType type) => Assert.Equal(type, TemplateContent.TypeOf(key));

    [Fact]
    public void Every_type_has_a_rule_whose_example_fits()
    {
        foreach (var type in Enum.GetValues<TemplateParameterType>().Except([TemplateParameterType.Untyped]))
        {
            var rule = TemplateFieldRules.For(type)!;
            Assert.Equal(type, rule.Type);
            Assert.Empty(Rules(TemplateContent.WordOf(type) + "1", rule.Example));
            Assert.Equal([TemplateMessageRule.Empty], Rules(TemplateContent.WordOf(type) + "1", ""));
        }

        Assert.Null(TemplateFieldRules.For("keyword1"));
    }

    [Theory]
    [InlineData("thing1", "一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十")]
    [InlineData("thing1", "一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九…")]
    [InlineData("thing1", "一二三四五六七八九十一二三四五六七👨‍👩‍👧‍👦八九十", "一二三四五六七八九十一二三四五六七…")]
    [InlineData("thing1", "一二三四五六七八九十一二三四五六七八e\u0301九十", "一二三四五六七八九十一二三四五六七八…")]
    [InlineData("thing1", "一二三四五六七八九十一二三四五六七e\u0301九十百", "一二三四五六七八九十一二三四五六七e\u0301…")]
    [InlineData("thing1", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀…")]
    [InlineData("character_string1", "123456789012345678901234567890123", "12345678901234567890123456789...")]
    [InlineData("name1", "一二三四五六七八九十一", "一二三四五六七八九…")]
    [InlineData("name1", "abcdefghijklmnopqrstu", "abcdefghijklmnopqrs…")]
    [InlineData("phone_number1", "123456789012345678", "123456789012345678")]
    [InlineData("phrase1", "一二三四五六", "一二三四五六")]
    public void A_long_text_is_cut_between_visible_characters(string key, string value, string expected) =>
        Assert.Equal(expected, TemplateFieldRules.For(key)!.Mend(value));

    [Fact]
    public void A_visible_character_longer_than_the_limit_leaves_the_ellipsis() =>
        Assert.Equal("…", TemplateFieldRules.For("thing1")!.Mend("e" + string.Concat(Enumerable.Repeat(Accent, 30))));

    private static (TemplateMessageRule Rule, bool IsError)[] Findings(string key, string value) =>
        [.. TemplateMessage.Create("T").Set(key, value).Build().Validate().Select(problem => (problem.Rule, problem.Severity == TemplateProblemSeverity.Error))];

    private static List<TemplateMessageRule> Rules(string key, string value) =>
        TemplateMessage.Create("T").Set(key, value).Build().Validate().Select(problem => problem.Rule).ToList();

    private static string Fill(string filling, int length) => string.Concat(Enumerable.Repeat(filling, length));
}
