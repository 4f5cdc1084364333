using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedValueRuleTests
{
    [Theory]
    [InlineData("thing", "一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十一")]
    [InlineData("thing", "🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁🎁", "两\n行")]
    [InlineData("character_string", "abcdefghij0123456789-_+&<>'./;:#", "abcdefghij0123456789-_+&<>'./;:#!")]
    [InlineData("character_string", "A-1", "A一1")]
    [InlineData("time", "15:01", "25:01")]
    [InlineData("time", "2019年10月1日 15:01", "2019年10月1日 15点")]
    [InlineData("time", "2025-11-29 10:00:00~12:00:00", "2025-11-29 10:00:00\uFF5E12:00:00")]
    [InlineData("time", "10:00~11:00", "10:00~11:00~12:00")]
    [InlineData("date", "2019年10月1日", "1日")]
    [InlineData("date", "2025-11-29 10:00~2025-11-30", "2025-13-01")]
    [InlineData("amount", "¥1234567890.55元", "¥12345678901")]
    [InlineData("amount", "39.8元", "¥")]
    [InlineData("amount", "$100", "一百元")]
    [InlineData("phone_number", "+86-0766-66888866", "+86-0766-668888667")]
    [InlineData("phone_number", "13800000000", "1380000000\n")]
    [InlineData("car_number", "粤A8Z888挂", "粤A8Z8888挂")]
    [InlineData("car_number", "粤A123456", "粤A1234567")]
    [InlineData("phrase", "已完成了啊", "已完成了啊呀")]
    [InlineData("phrase", "完成", "13笔")]
    [InlineData("number", "12345678901234567890123456789012", "123456789012345678901234567890123")]
    [InlineData("number", "1.5", "1.5个")]
    [InlineData("letter", "abcdefghijklmnopqrstuvwxyzABCDEF", "abcdefghijklmnopqrstuvwxyzABCDEFG")]
    [InlineData("letter", "abc", "abc1")]
    [InlineData("symbol", "!@#$%", "!@#$%^")]
    [InlineData("symbol", "¥", "a")]
    [InlineData("name", "张三李四王五赵六孙七", "张三李四王五赵六孙七八")]
    [InlineData("name", "abcdefghijklmnopqrst", "abcdefghijklmnopqrstu")]
    [InlineData("name", "张Abcdefghi", "张Abcdefghij")]
    [InlineData("name", "O'Neil", "R2")]
    [InlineData("const", "已支付", "已退款")]
    [InlineData("const", "待定待定待定待定待定待定待定待定待定待定", "待定待定待定待定待定待定待定待定待定待定待")]
    [InlineData("enum", "已支付", "其它")]
    public void A_value_at_its_limit_passes_and_the_next_does_not(string type, string good, string bad)
    {
        string[] approved = ["已支付", "待定待定待定待定待定待定待定待定待定待定", "待定待定待定待定待定待定待定待定待定待定待"];
        Assert.Equal(ValueVerdict.Taken, ValueRules.Judge(type, good, approved, isSandbox: false));
        Assert.Equal(ValueVerdict.Refused, ValueRules.Judge(type, bad, approved, isSandbox: false));
    }

    [Fact]
    public void A_sandbox_counts_no_things_and_an_undocumented_type_is_not_checked()
    {
        Assert.Equal(ValueVerdict.Taken, ValueRules.Judge("thing", new string('长', 200), null, isSandbox: true));
        Assert.Equal(ValueVerdict.Taken, ValueRules.Judge("short_thing", new string('长', 200), null, isSandbox: false));
        Assert.Equal(ValueVerdict.Taken, ValueRules.Judge("const", "anything", null, isSandbox: false));
    }

    [Theory]
    [InlineData("thing1", "thing")]
    [InlineData("character_string12", "character_string")]
    [InlineData("thing", null)]
    [InlineData("keyword1", null)]
    [InlineData("things1", null)]
    [InlineData("1", null)]
    public void The_type_is_read_from_the_key(string key, string? type) => Assert.Equal(type, ValueRules.TypeOf(key));

    [Fact]
    public void A_historical_value_is_cut_at_twenty_characters_and_not_inside_one()
    {
        var twenty = string.Concat(Enumerable.Repeat("🎁", 20));
        Assert.Equal(twenty, ValueRules.Cut(twenty));
        Assert.Equal(twenty + "…", ValueRules.Cut(twenty + "🎁"));
        Assert.Equal("", ValueRules.Cut("\n再来"));
    }
}
