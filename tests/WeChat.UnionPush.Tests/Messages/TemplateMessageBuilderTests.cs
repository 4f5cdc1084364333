using System.Globalization;

namespace WeChat.UnionPush.Tests.Messages;

public sealed class TemplateMessageBuilderTests
{
    private const string TemplateId = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY";
    private static readonly DateTimeOffset Ten = new(2026, 11, 22, 10, 0, 0, TimeSpan.FromHours(8));

    [Fact]
    public void Fields_keep_their_order_text_and_colour()
    {
        var message = TemplateMessage.Create(TemplateId).Set("keyword2", "b", "#173177").Thing("thing1", "a").Set("anything at all", "").Build();

        Assert.Equal([new("keyword2", "b", "#173177"), new("thing1", "a"), new("anything at all", "")], message.Fields);
        Assert.Equal(TemplateId, message.TemplateId);
        Assert.Null(message.Url);
        Assert.Null(message.MiniProgram);
        Assert.Null(message.ClientMessageId);
        Assert.Null(message.ValuePolicy);
    }

    [Fact]
    public void A_moment_is_shown_in_China_time_whatever_its_offset()
    {
        Assert.Equal("2026年11月22日 10:00", Only(b => b.Time("time1", Ten)));
        Assert.Equal("2026年11月22日 10:00", Only(b => b.Time("time1", Ten.ToUniversalTime())));
        Assert.Equal("2026年11月22日 10:00", Only(b => b.Time("time1", Ten.UtcDateTime)));
        Assert.Equal("2026年11月22日 10:00", Only(b => b.Time("time1", Ten.LocalDateTime)));
        Assert.Equal("2026年11月22日 10:00", Only(b => b.Time("time1", new DateTime(2026, 11, 22, 10, 0, 0, DateTimeKind.Unspecified))));
        Assert.Equal("2026年11月23日", Only(b => b.Date("date1", new DateTimeOffset(2026, 11, 22, 16, 0, 0, TimeSpan.Zero))));
        Assert.Equal("2026年11月22日", Only(b => b.Date("date1", new DateTime(2026, 11, 22, 15, 59, 59, DateTimeKind.Utc))));
    }

    [Fact]
    public void A_moment_is_shown_in_another_zone_from_the_call_that_asks_for_it()
    {
        var tokyo = TimeZoneInfo.CreateCustomTimeZone("Tokyo", TimeSpan.FromHours(9), null, null);

        var message = TemplateMessage.Create(TemplateId).Time("time1", Ten).InTimeZone(tokyo).Time("time2", Ten).Date("date3", Ten.AddHours(13)).Build();

        Assert.Equal(["2026年11月22日 10:00", "2026年11月22日 11:00", "2026年11月23日"], message.Fields.Select(field => field.Value));
    }

    [Fact]
    public void A_range_names_its_second_day_only_when_it_is_another()
    {
        Assert.Equal("2026年11月22日 10:00~12:30", Only(b => b.TimeRange("time1", Ten, Ten.AddHours(2.5))));
        Assert.Equal("2026年11月22日 10:00~2026年11月23日 09:00", Only(b => b.TimeRange("time1", Ten, Ten.AddHours(23))));
        Assert.Equal("2026年11月22日 10:00~11:00", Only(b => b.TimeRange("time1", Ten.UtcDateTime, Ten.UtcDateTime.AddHours(1))));
        Assert.Equal("22:00~06:00", Only(b => b.TimeRange("time1", new TimeOnly(22, 0), new TimeOnly(6, 0))));
        Assert.Equal("2026年10月1日~2026年10月7日", Only(b => b.DateRange("date1", new DateOnly(2026, 10, 1), new DateOnly(2026, 10, 7))));
        Assert.Equal("15:01", Only(b => b.Time("time1", new TimeOnly(15, 1))));
        Assert.Equal("2026年10月1日", Only(b => b.Date("date1", new DateOnly(2026, 10, 1))));
    }

    [Fact]
    public void A_range_that_ends_before_it_starts_is_refused_with_its_key()
    {
        Assert.Contains("'time7'", Assert.Throws<ArgumentException>("end", () => Only(b => b.TimeRange("time7", Ten, Ten.AddTicks(-1)))).Message, StringComparison.Ordinal);
        Assert.Contains("'date8'", Assert.Throws<ArgumentException>("end", () => Only(b => b.DateRange("date8", new(2026, 10, 2), new(2026, 10, 1)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_amount_has_two_decimals_or_as_many_as_it_needs()
    {
        Assert.Equal("¥39.80", Only(b => b.Amount("amount1", 39.8m)));
        Assert.Equal("¥39.00", Only(b => b.Amount("amount1", 39)));
        Assert.Equal("¥0.00", Only(b => b.Amount("amount1", -0.0m)));
        Assert.Equal("-¥0.01", Only(b => b.Amount("amount1", -0.01m)));
        Assert.Equal("$0.125", Only(b => b.Amount("amount1", 0.1250m, "$")));
        Assert.Equal("39.80", Only(b => b.Amount("amount1", 39.8m, "")));
        Assert.Equal("1.50", Only(b => b.Number("number1", 1.50m)));
        Assert.Equal("7", Only(b => b.Number("number1", 7)));
    }

    [Theory]
    [InlineData("fa-IR")]
    [InlineData("th-TH")]
    [InlineData("de-DE")]
    [InlineData("ar-SA")]
    public void The_culture_of_the_machine_changes_nothing(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            // A customised one where the machine has no culture data: the point is a foreign separator and calendar.
            var foreign = (CultureInfo)CultureInfo.GetCultureInfo(culture).Clone();
            foreign.NumberFormat.NumberDecimalSeparator = ",";
            foreign.NumberFormat.NegativeSign = "minus ";
            foreign.DateTimeFormat.TimeSeparator = ".";
            CultureInfo.CurrentCulture = foreign;

            Assert.Equal("¥1234.50", Only(b => b.Amount("amount1", 1234.5m)));
            Assert.Equal("-1234.5", Only(b => b.Number("number1", -1234.5m)));
            Assert.Equal("2026年11月22日 10:00", Only(b => b.Time("time1", Ten)));
            Assert.Equal("15:01", Only(b => b.Time("time1", new TimeOnly(15, 1))));
            Assert.Equal("09:05~15:01", Only(b => b.TimeRange("time1", new TimeOnly(9, 5), new TimeOnly(15, 1))));
            Assert.Equal("2026年10月1日~2026年10月7日", Only(b => b.DateRange("date1", new(2026, 10, 1), new(2026, 10, 7))));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Every_text_type_takes_its_text_as_it_is()
    {
        var message = TemplateMessage.Create(TemplateId)
            .Thing("thing1", "一").CharacterString("character_string2", "B2").PhoneNumber("phone_number3", "+86-0766").CarNumber("car_number4", "粤A8Z888挂")
            .Phrase("phrase5", "配送中").Letter("letter6", "abc").Symbol("symbol7", "%").Name("name8", "张三").Const("const9", "已付款").Enum("enum10", "是")
                .ShortThing("short_thing11", "短").Build();

        Assert.Equal(["一", "B2", "+86-0766", "粤A8Z888挂", "配送中", "abc", "%", "张三", "已付款", "是", "短"], message.Fields.Select(field => field.Value));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \u3000")]
    public void An_empty_template_id_key_or_link_is_refused(string? nothing)
    {
        Assert.ThrowsAny<ArgumentException>(() => TemplateMessage.Create(nothing!));
        Assert.Equal("key", Assert.ThrowsAny<ArgumentException>(() => Only(b => b.Set(nothing!, "text"))).ParamName);
        Assert.Equal("url", Assert.ThrowsAny<ArgumentException>(() => Only(b => b.Url(nothing!))).ParamName);
        Assert.Equal("appId", Assert.ThrowsAny<ArgumentException>(() => Only(b => b.OpenMiniProgram(nothing!))).ParamName);
        Assert.Equal("key", Assert.ThrowsAny<ArgumentException>(() => Only(b => b.IdempotencyKey(nothing!))).ParamName);
        Assert.Equal("clientMessageId", Assert.ThrowsAny<ArgumentException>(() => Only(b => b.ClientMessageId(nothing!))).ParamName);
    }

    [Fact]
    public void A_null_text_and_a_key_set_twice_are_refused_with_the_key()
    {
        var builder = TemplateMessage.Create(TemplateId).Thing("thing1", "a");

        Assert.Contains("'thing2'", Assert.Throws<ArgumentNullException>("text", () => builder.Thing("thing2", null!)).Message, StringComparison.Ordinal);
        Assert.Contains("'thing1'", Assert.Throws<ArgumentException>("key", () => builder.Set("thing1", "b")).Message, StringComparison.Ordinal);
        Assert.Equal([new("thing1", "a")], builder.Build().Fields);
    }

    [Theory]
    [InlineData("ftp://example.com")]
    [InlineData("example.com")]
    [InlineData("javascript:alert(1)")]
    public void A_url_that_is_no_web_address_is_refused(string url) => Assert.Throws<ArgumentException>("url", () => Only(b => b.Url(url)));

    [Fact]
    public void A_message_without_fields_is_refused() => Assert.Throws<InvalidOperationException>(() => TemplateMessage.Create(TemplateId).Build());

    [Fact]
    public void A_builder_goes_on_without_changing_what_it_has_built()
    {
        var builder = TemplateMessage.Create(TemplateId).Thing("thing1", "a");
        var first = builder.Build();
        for (var i = 2; i <= 20; i++)
        {
            builder.Set($"thing{i}", "b");
        }

        Assert.Single(first.Fields);
        Assert.Equal(20, builder.Build().Fields.Length);
    }

    [Fact]
    public void An_idempotency_key_gives_the_same_id_for_the_same_template_and_key_only()
    {
        // printf 'ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY\norder-paid/42' | sha256sum
        Assert.Equal("1426dbd26e5cec365f979f13c26092ea", Id(TemplateId, "order-paid/42"));
        Assert.NotEqual(Id(TemplateId, "order-paid/42"), Id(TemplateId, "order-paid/43"));
        Assert.NotEqual(Id(TemplateId, "order-paid/42"), Id(TemplateId + "o", "rder-paid/42"));
        Assert.Matches("^[0-9a-f]{32}$", Id(TemplateId, new string('订', 10_000)));

        static string? Id(string templateId, string key) => TemplateMessage.Create(templateId).Set("thing1", "a").IdempotencyKey(key).Build().ClientMessageId;
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0f8fad5bd9cb469fa16570867728950e")]
    [InlineData("A-Z_az09")]
    public void A_client_message_id_travels_as_it_is(string id) =>
        Assert.Equal(id, TemplateMessage.Create(TemplateId).Set("thing1", "a").ClientMessageId(id).Build().ClientMessageId);

    [Theory]
    [InlineData("0f8fad5b-d9cb-469f-a165-70867728950e")]
    [InlineData("0f8fad5bd9cb469fa16570867728950e0")]
    [InlineData("order/42")]
    [InlineData("订单42")]
    [InlineData("a b")]
    public void A_client_message_id_that_the_platform_may_refuse_is_refused(string id) =>
        Assert.Throws<ArgumentException>("clientMessageId", () => Only(b => b.ClientMessageId(id)));

    [Fact]
    public void Of_the_idempotency_key_and_the_raw_id_the_last_one_counts()
    {
        Assert.Equal("raw", TemplateMessage.Create(TemplateId).Set("thing1", "a").IdempotencyKey("k").ClientMessageId("raw").Build().ClientMessageId);
        Assert.Equal(32, TemplateMessage.Create(TemplateId).Set("thing1", "a").ClientMessageId("raw").IdempotencyKey("k").Build().ClientMessageId!.Length);
    }

    [Fact]
    public void A_value_policy_that_does_not_exist_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("policy", () => Only(b => b.WhenValuesDoNotFit((TemplateValuePolicy)3)));
        Assert.Throws<ArgumentOutOfRangeException>("policy", () => Only(b => b.WhenValuesDoNotFit((TemplateValuePolicy)(-1))));
        Assert.Equal(TemplateValuePolicy.Trim, TemplateMessage.Create(TemplateId).Set("a", "b").WhenValuesDoNotFit(TemplateValuePolicy.Trim).Build().ValuePolicy);
    }

    [Fact]
    public void Building_a_message_of_five_fields_allocates_at_most_1_536_bytes()
    {
        Build();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = Build();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(5, message.Fields.Length);
        Assert.InRange(allocated, 1, 1536);

        static TemplateMessage Build() => TemplateMessage.Create(TemplateId)
            .Thing("thing1", "微信小程序用户的订单")
            .Amount("amount2", 39.8m)
            .Time("time3", Ten)
            .CharacterString("character_string4", "20261122001")
            .Set("keyword5", "任意文本", "#173177")
            .Url("https://example.com/orders/42")
            .OpenMiniProgram("wx0123456789abcdef", "pages/order?id=42")
            .IdempotencyKey("order-paid/42")
            .Build();
    }

    private static string Only(Func<TemplateMessageBuilder, TemplateMessageBuilder> set) => set(TemplateMessage.Create(TemplateId)).Build().Fields[0].Value;
}
