using System.Text;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>What belongs to a kind of character or is a moment, at the ends of each range.</summary>
public sealed class TemplateBordersTests
{
    [Theory]
    [InlineData(0x33FF, false)]
    [InlineData(0x3400, true)]
    [InlineData(0x4DBF, true)]
    [InlineData(0x4DC0, false)]
    [InlineData(0x4DFF, false)]
    [InlineData(0x4E00, true)]
    [InlineData(0x9FFF, true)]
    [InlineData(0xA000, false)]
    [InlineData(0x3006, false)]
    [InlineData(0x3007, true)]
    [InlineData(0x3008, false)]
    [InlineData(0xF8FF, false)]
    [InlineData(0xF900, true)]
    [InlineData(0xFAFF, true)]
    [InlineData(0xFB00, false)]
    [InlineData(0x1FFFF, false)]
    [InlineData(0x20000, true)]
    [InlineData(0x323AF, true)]
    [InlineData(0x323B0, false)]
    public void A_Chinese_character_is_one_of_the_Han_blocks_or_the_zero(int character, bool isChinese) =>
        Assert.Equal(isChinese, TemplateCharacters.IsChinese(new Rune(character)));

    [Theory]
    [InlineData(0x034E, false)]
    [InlineData(0x034F, true)]
    [InlineData(0x0350, false)]
    [InlineData(0x115E, false)]
    [InlineData(0x115F, true)]
    [InlineData(0x1160, true)]
    [InlineData(0x1161, false)]
    [InlineData(0x17B3, false)]
    [InlineData(0x17B4, true)]
    [InlineData(0x17B5, true)]
    [InlineData(0x17B6, false)]
    [InlineData(0x180A, false)]
    [InlineData(0x180B, true)]
    [InlineData(0x180E, true)]
    [InlineData(0x180F, true)]
    [InlineData(0x1810, false)]
    [InlineData(0x2028, true)]
    [InlineData(0x2029, true)]
    [InlineData(0x200B, true)]
    [InlineData(0x200D, false)]
    [InlineData(0x2800, true)]
    [InlineData(0x2801, false)]
    [InlineData(0x3164, true)]
    [InlineData(0xFDFF, false)]
    [InlineData(0xFE00, false)]
    [InlineData(0xFE0F, false)]
    [InlineData(0xFE10, false)]
    [InlineData(0xFEFF, true)]
    [InlineData(0xFFA0, true)]
    [InlineData(0xFFFD, true)]
    [InlineData(0xDFFFF, false)]
    [InlineData(0xE0000, true)]
    [InlineData(0xE001F, true)]
    [InlineData(0xE0020, false)]
    [InlineData(0xE007F, false)]
    [InlineData(0xE0080, true)]
    [InlineData(0xE00FF, true)]
    [InlineData(0xE0100, false)]
    [InlineData(0xE01EF, false)]
    [InlineData(0xE01F0, true)]
    [InlineData(0xE0FFF, true)]
    [InlineData(0xE1000, false)]
    public void A_stray_character_has_no_width_and_joins_nothing(int character, bool isStray) =>
        Assert.Equal(isStray, TemplateCharacters.IsStray(new Rune(character)));

    [Theory]
    [InlineData(0x034F)]
    [InlineData(0x115F)]
    [InlineData(0x180B)]
    [InlineData(0x180F)]
    [InlineData(0x200D)]
    [InlineData(0x2800)]
    [InlineData(0xFE00)]
    [InlineData(0xFE0F)]
    [InlineData(0xE0000)]
    [InlineData(0xE0FFF)]
    [InlineData(0x3000)]
    public void A_text_of_what_cannot_be_seen_is_blank(int character)
    {
        Assert.True(TemplateCharacters.IsBlank(new Rune(character).ToString()));
        Assert.False(TemplateCharacters.IsBlank($"{new Rune(character)}a"));
    }

    // In the platform's own forms, and in one that can be read and of which no source says anything: no blank before the time.
    [Theory]
    [InlineData("0:00", "Fits")]
    [InlineData("23:59", "Fits")]
    [InlineData("23:59:59", "Fits")]
    [InlineData("24:00", "Unproven")]
    [InlineData("25:00", "Refused")]
    [InlineData("23:60", "Refused")]
    [InlineData("23:59:60", "Refused")]
    [InlineData("123:00", "Refused")]
    [InlineData("12:0", "Unproven")]
    [InlineData("2026-01-01", "Fits")]
    [InlineData("2026-12-31", "Fits")]
    [InlineData("2026-13-01", "Refused")]
    [InlineData("2026-00-01", "Refused")]
    [InlineData("2026-02-29", "Unproven")]
    [InlineData("2024-02-29", "Fits")]
    [InlineData("2026-01-32", "Refused")]
    [InlineData("2026-01-00", "Refused")]
    [InlineData("0000-01-01", "Unproven")]
    [InlineData("2月29日", "Fits")]
    [InlineData("12月31日", "Fits")]
    [InlineData("13月1日", "Refused")]
    [InlineData("1月32日", "Refused")]
    [InlineData("2026年12月", "Fits")]
    [InlineData("2026年1月1日0:00", "Unproven")]
    [InlineData("2026年12月31日24:59", "Unproven")]
    [InlineData("2026年12月31日23:59:59", "Unproven")]
    [InlineData("2026年12月31日23:59:59.5", "Unproven")]
    [InlineData("2026年13月1日0:00", "Refused")]
    [InlineData("2026年0月1日0:00", "Refused")]
    [InlineData("2026年1月0日0:00", "Refused")]
    [InlineData("2026年1月32日0:00", "Refused")]
    [InlineData("2026年1月1日25:00", "Refused")]
    [InlineData("2026年1月1日0:60", "Refused")]
    [InlineData("2026年1月1日0:59:60", "Refused")]
    [InlineData("12-31T23:59", "Unproven")]
    [InlineData("13-31T23:59", "Refused")]
    [InlineData(" 15:01", "Unproven")]
    [InlineData("15:01 ", "Unproven")]
    [InlineData("2026X01X01", "Refused")]
    [InlineData("12", "Refused")]
    [InlineData("2026", "Refused")]
    [InlineData("~", "Refused")]
    [InlineData("15:01~", "Unproven")]
    [InlineData("~15:01", "Unproven")]
    [InlineData("15:01~2026-01-01", "Unproven")]
    [InlineData("2026-01-01~15:01", "Fits")]
    [InlineData("2026-01-01~2026-01-02", "Fits")]
    [InlineData("2026-01-01~25:00", "Refused")]
    public void A_moment_fits_up_to_the_last_one_there_is(string value, string fit) => Assert.Equal(fit, TemplateMoments.FitOfTime(value).ToString());

    [Theory]
    [InlineData("15:01", "Unproven")]
    [InlineData("2026-01-01", "Fits")]
    [InlineData("2026-01-01 15:01", "Fits")]
    [InlineData("15:01~16:01", "Unproven")]
    [InlineData("15:01~2026-01-01", "Unproven")]
    [InlineData("2026-01-01~15:01", "Fits")]
    [InlineData("25:00", "Refused")]
    [InlineData("2026年1月1日0:00", "Unproven")]
    public void A_date_needs_a_day(string value, string fit) => Assert.Equal(fit, TemplateMoments.FitOfDate(value).ToString());

    [Fact]
    public void A_range_may_begin_and_end_at_the_same_moment()
    {
        var day = new DateOnly(2026, 11, 22);
        var moment = new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.FromHours(8));
        var message = TemplateMessage.Create("T").DateRange("date1", day, day).TimeRange("time1", moment, moment).Build();
        Assert.Equal(["2026年11月22日~2026年11月22日", "2026年11月22日 10:00~10:00"], message.Fields.Select(field => field.Value));
        Assert.Throws<ArgumentException>(() => TemplateMessage.Create("T").DateRange("date1", day, day.AddDays(-1)));
        Assert.Throws<ArgumentException>(() => TemplateMessage.Create("T").TimeRange("time1", moment, moment.AddTicks(-1)));
    }
}
