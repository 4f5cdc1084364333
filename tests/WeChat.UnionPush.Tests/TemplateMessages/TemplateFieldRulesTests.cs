using System.Globalization;

namespace WeChat.UnionPush.Tests.TemplateMessages;

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
    public static TheoryData<string, string, int, bool> Fillings => new()
    {
        { "thing1", Chinese, 20, true }, { "thing1", RareChinese, 20, true }, { "thing1", Ascii, 20, true }, { "thing1", Emoji, 20, true },
        { "thing1", Accent, 20, true }, { "thing1", Digit, 20, true }, { "thing1", "。", 20, true },
        { "character_string2", Ascii, 32, true }, { "character_string2", Digit, 32, true }, { "character_string2", Sign, 32, true },
        { "character_string2", Emoji, 32, true }, { "character_string2", Accent, 32, true },
        { "character_string2", Chinese, 32, false }, { "character_string2", RareChinese, 32, false }, { "character_string2", "〇", 32, false },
        { "const3", Chinese, 20, true }, { "const3", Ascii, 20, true }, { "const3", Emoji, 20, true }, { "const3", Accent, 20, true },
        { "phrase4", Chinese, 5, true }, { "phrase4", RareChinese, 5, true }, { "phrase4", "〇", 5, true },
        { "phrase4", Ascii, 5, false }, { "phrase4", Digit, 5, false }, { "phrase4", Emoji, 5, false }, { "phrase4", Accent, 5, false }, { "phrase4", "。", 5, false },
        { "phone_number5", Digit, 17, true }, { "phone_number5", "-", 17, true }, { "phone_number5", Accent, 17, false },
        { "phone_number5", Emoji, 17, true }, { "phone_number5", Ascii, 17, false }, { "phone_number5", Chinese, 17, false }, { "phone_number5", "\uff17", 17, false },
        { "car_number6", Ascii, 8, true }, { "car_number6", Digit, 8, true }, { "car_number6", Emoji, 8, false },
        { "car_number6", Accent, 8, false }, { "car_number6", "-", 8, false },
        { "letter7", Ascii, 32, true }, { "letter7", "Z", 32, true }, { "letter7", "é", 32, false }, { "letter7", Chinese, 32, false },
        { "letter7", Digit, 32, false }, { "letter7", Emoji, 32, false }, { "letter7", Accent, 32, false }, { "letter7", "\uff41", 32, false },
        { "symbol8", Sign, 5, true }, { "symbol8", "。", 5, true }, { "symbol8", "¥", 5, true }, { "symbol8", Emoji, 5, true }, { "symbol8", Accent, 5, false },
        { "symbol8", Ascii, 5, false }, { "symbol8", Digit, 5, false }, { "symbol8", Chinese, 5, false },
        { "name9", Chinese, 10, true }, { "name9", RareChinese, 10, true }, { "name9", Ascii, 20, true }, { "name9", "é", 20, false },
        { "name9", "·", 20, true }, { "name9", Emoji, 20, true }, { "name9", Accent, 20, false }, { "name9", Digit, 20, false }, { "name9", "Ⅷ", 20, false },
        { "amount10", Digit, 10, true }, { "amount10", Chinese, 10, false }, { "amount10", Ascii, 10, false }, { "amount10", Emoji, 10, false },
        { "amount10", Accent, 10, false }, { "amount10", "\uff17", 10, false },
        { "number11", Digit, 32, true }, { "number11", Chinese, 32, false }, { "number11", Ascii, 32, false }, { "number11", Emoji, 32, false },
        { "number11", Accent, 32, false }, { "number11", "-", 32, false },
    };

    [Theory]
    [MemberData(nameof(Fillings))]
    public void A_value_fits_up_to_its_limit_and_not_beyond(string key, string filling, int limit, bool belongs)
    {
        foreach (var length in new[] { 1, limit - 1, limit })
        {
            Assert.Equal(belongs ? [] : [TemplateMessageRule.Malformed], Rules(key, Fill(filling, length)));
        }

        var beyond = Rules(key, Fill(filling, limit + 1));
        Assert.Equal(belongs, !beyond.Contains(TemplateMessageRule.Malformed));
        Assert.Equal(belongs || !key.StartsWith("amount", StringComparison.Ordinal) && !key.StartsWith("number", StringComparison.Ordinal), beyond.Contains(TemplateMessageRule.TooLong));
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
    [InlineData("thing1", "\ud83d", true)]
    public void A_joined_emoji_counts_each_of_its_code_points(string key, string value, bool fits) => Assert.Equal(fits, Rules(key, value).Count == 0);

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
    [InlineData("15:01", true)]
    [InlineData("9:05", true)]
    [InlineData("00:00", true)]
    [InlineData("23:59:59", true)]
    [InlineData("2019年10月1日 15:01", true)]
    [InlineData("2019年10月01日 15:01:30", true)]
    [InlineData("2026-11-22 10:00:00", true)]
    [InlineData("2026/11/22 10:00", true)]
    [InlineData("2025-11-29 10:00:00~12:00:00", true)]
    [InlineData("10:00~12:00", true)]
    [InlineData("2019年10月1日 15:01~2019年10月2日 15:01", true)]
    [InlineData("2024-02-29 10:00", true)]
    [InlineData("2025-02-29 10:00", false)]
    [InlineData("24:00", false)]
    [InlineData("12:60", false)]
    [InlineData("12:5", false)]
    [InlineData("12:05:60", false)]
    [InlineData("12:05:", false)]
    [InlineData("012:05", false)]
    [InlineData("2019年10月1日", false)]
    [InlineData("2019年13月1日 15:01", false)]
    [InlineData("2019年0月1日 15:01", false)]
    [InlineData("2019年10月1日15:01", false)]
    [InlineData("2019-10/1 15:01", false)]
    [InlineData("2019年10月1 15:01", false)]
    [InlineData("19-10-01 15:01", false)]
    [InlineData("2019-10-01  15:01", false)]
    [InlineData("10:00~", false)]
    [InlineData("~10:00", false)]
    [InlineData("10:00~11:00~12:00", false)]
    [InlineData("10:00-12:00", false)]
    [InlineData("10:00~2019-10-01", false)]
    [InlineData("now", false)]
    [InlineData("下午3点", false)]
    [InlineData("15\uff1a01", false)]
    [InlineData("2026-11-22T10:00:00", false)]
    [InlineData("99999999999999999999:00", false)]
    public void A_time_has_one_of_the_shapes_of_a_time(string value, bool fits) => Assert.Equal(fits, Rules("time1", value).Count == 0);

    [Theory]
    [InlineData("2019年10月1日", true)]
    [InlineData("2019-10-1", true)]
    [InlineData("2019/10/01", true)]
    [InlineData("2019年10月1日 15:01", true)]
    [InlineData("2019年10月1日~2019年10月7日", true)]
    [InlineData("2019年10月1日 15:01~17:30", true)]
    [InlineData("2019年10月1日~17:30", true)]
    [InlineData("2019.10.1", true)]
    [InlineData("15:01", false)]
    [InlineData("15:01~17:30", false)]
    [InlineData("2019年10月", false)]
    [InlineData("2019年2月30日", false)]
    [InlineData("0000-01-01", false)]
    [InlineData("2019年10月1日~", false)]
    [InlineData("20191001", false)]
    public void A_date_has_one_of_the_shapes_of_a_date(string value, bool fits) => Assert.Equal(fits, Rules("date1", value).Count == 0);

    [Theory]
    [InlineData("¥39.80", true)]
    [InlineData("\uffe539.80", true)]
    [InlineData("39.8元", true)]
    [InlineData("€5", true)]
    [InlineData("¥1234567890.125元", true)]
    [InlineData("¥12345678901.5", false)]
    [InlineData("¥", false)]
    [InlineData("元", false)]
    [InlineData("¥¥5", false)]
    [InlineData("5¥", false)]
    [InlineData("5元元", false)]
    [InlineData("-5", false)]
    [InlineData("¥-5", false)]
    [InlineData("1,000.00", false)]
    [InlineData(".5", false)]
    [InlineData("5.", false)]
    [InlineData("1.2.3", false)]
    [InlineData("CNY 5", false)]
    [InlineData("5 元", false)]
    public void An_amount_has_one_sign_at_most_and_ten_digits_before_the_point(string value, bool fits) => Assert.Equal(fits, Rules("amount1", value).Count == 0);

    [Theory]
    [InlineData("0.5", true)]
    [InlineData("12345678901234567890123456789012", true)]
    [InlineData("1234567890123456789012345678.9012", true)]
    [InlineData("1234567890123456789012345678.90123", false)]
    [InlineData("1e5", false)]
    [InlineData("+5", false)]
    public void A_number_has_32_digits_in_all(string value, bool fits) => Assert.Equal(fits, Rules("number1", value).Count == 0);

    [Theory]
    [InlineData("粤A8Z888挂", true)]
    [InlineData("粤A8Z888", true)]
    [InlineData("粤AD12345", true)]
    [InlineData("粤A·Z888", false)]
    [InlineData("粤港A1234", false)]
    [InlineData("粤A8Z8888挂", false)]
    public void Only_the_first_and_last_of_a_plate_may_be_Chinese(string value, bool fits) => Assert.Equal(fits, Rules("car_number1", value).Count == 0);

    [Fact]
    public void The_samples_of_the_platform_fit() => Assert.Empty(TemplateMessage.Create("T")
        .Set("character_string1", "20261122001").Set("time4", "2026-11-22 10:00:00").Set("thing7", "TIT创意园").Set("amount5", "¥39.80")
        .Set("phone_number6", "+86-0766-66888866").Set("time8", "2025-11-29 10:00:00~12:00:00").Set("time9", "2019年10月1日 15:01").Set("phrase10", "配送中")
        .Build().Validate());

    [Fact]
    public void What_the_typed_methods_write_fits_their_types()
    {
        var moment = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        Assert.Empty(TemplateMessage.Create("T")
            .Time("time1", moment).Time("time2", moment.UtcDateTime).Time("time3", new TimeOnly(0, 0)).TimeRange("time4", moment, moment.AddDays(3))
            .TimeRange("time5", moment, moment).TimeRange("time6", new TimeOnly(1, 0), new TimeOnly(2, 0)).TimeRange("date7", moment, moment.AddHours(1))
            .Time("date8", moment).Date("date9", moment).Date("date10", new DateOnly(1, 1, 1)).DateRange("date11", new(2026, 1, 1), new(2026, 1, 1))
            .Amount("amount12", 9999999999.99m).Amount("amount13", 0, "€").Number("number14", decimal.MaxValue).Number("number15", 0.5m)
            .Build().Validate());
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
        Assert.Equal(expected, TemplateFieldRules.For(key)!.Trim(value));

    [Fact]
    public void A_visible_character_longer_than_the_limit_leaves_the_ellipsis() =>
        Assert.Equal("…", TemplateFieldRules.For("thing1")!.Trim("e" + string.Concat(Enumerable.Repeat(Accent, 30))));

    private static List<TemplateMessageRule> Rules(string key, string value) =>
        TemplateMessage.Create("T").Set(key, value).Build().Validate().Select(problem => problem.Rule).ToList();

    private static string Fill(string filling, int length) => string.Concat(Enumerable.Repeat(filling, length));
}
