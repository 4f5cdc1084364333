using FsCheck;
using FsCheck.Fluent;

namespace WeChat.UnionPush.Tests.TemplateMessages;

public sealed class TemplateMessageValidationTests
{
    private static readonly MessageTemplate Category = new("T", "订单支付成功", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}\n");
    private static readonly MessageTemplate Historical = new("H", "购买成功", "{{first.DATA}}\n商品:{{keyword1.DATA}}\n价格:{{keyword2.DATA}}\n{{remark.DATA}}");

    [Fact]
    public void A_message_that_fits_has_no_problem() =>
        Assert.Empty(TemplateMessage.Create("T").Thing("thing1", "巧克力").Amount("amount2", 39.8m).Set("time3", "15:01").Build().Validate(Category));

    [Fact]
    public void A_problem_names_key_rule_length_and_a_value_that_fits()
    {
        var problem = Assert.Single(TemplateMessage.Create("T").Thing("thing1", new string('汉', 23)).Build().Validate());

        Assert.Equal("thing1", problem.Key);
        Assert.Equal(TemplateMessageRule.TooLong, problem.Rule);
        Assert.Equal(TemplateProblemSeverity.Error, problem.Severity);
        Assert.Equal(23, problem.Length);
        Assert.Equal(new string('汉', 19) + "…", problem.Suggestion);
        Assert.Equal("The value of 'thing1' has 23 characters; a thing takes at most 20.", problem.Message);
    }

    [Fact]
    public void A_problem_never_quotes_the_value_in_its_words()
    {
        var problem = Assert.Single(TemplateMessage.Create("T").Set("phone_number1", "王小明的电话").Build().Validate());

        Assert.Equal(new("phone_number1", TemplateMessageRule.Malformed, TemplateProblemSeverity.Error, 6, "The value of 'phone_number1' does not fit: a phone_number takes digits and symbols.", "+86-0766-66888866"), problem);
    }

    [Fact]
    public void A_value_can_break_two_rules() =>
        Assert.Equal(
            [TemplateMessageRule.Malformed, TemplateMessageRule.TooLong],
            TemplateMessage.Create("T").Phrase("phrase1", "已发货13笔").Build().Validate().Select(problem => problem.Rule));

    [Fact]
    public void A_misspelt_key_is_told_with_the_right_one_and_the_right_one_is_missing()
    {
        var problems = TemplateMessage.Create("T").Set("thing01", "巧克力").Set("amout2", "¥1").Set("time3", "15:01").Build().Validate(Category);

        Assert.Equal(
            [
                ("thing01", TemplateMessageRule.UnknownKey, "thing1"), ("amout2", TemplateMessageRule.UnknownKey, "amount2"),
                ("thing1", TemplateMessageRule.MissingKey, null), ("amount2", TemplateMessageRule.MissingKey, null),
            ],
            problems.Select(problem => (problem.Key, problem.Rule, problem.Suggestion)));
        Assert.All(problems, problem => Assert.Equal(problem.Rule == TemplateMessageRule.MissingKey, problem.Severity == TemplateProblemSeverity.Error));
        Assert.Contains("商品名称", problems[2].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Thing1", "thing1")]
    [InlineData("thing", "thing1")]
    [InlineData("thing9", "thing1")]
    [InlineData("tihng1", "thing1")]
    [InlineData("name1", null)]
    [InlineData("somethingElse", null)]
    public void Only_a_near_key_is_suggested(string key, string? nearest) =>
        Assert.Equal(nearest, TemplateMessage.Create("T").Set(key, "x").Build().Validate(Category)[0].Suggestion);

    [Fact]
    public void A_key_that_is_set_already_is_not_suggested() =>
        Assert.Null(TemplateMessage.Create("T").Set("thing2", "x").Set("thing1", "x").Build().Validate(Category)[0].Suggestion);

    [Fact]
    public void Against_a_historical_template_everything_is_a_warning()
    {
        var problems = TemplateMessage.Create("H")
            .Set("first", "恭喜你购买成功!", "#173177").Set("keyword1", "巧克力\n半价").Set("keyword3", "x").Set("remark", "欢迎再次购买!").Build().Validate(Historical);

        Assert.Equal(
            [
                ("first", TemplateMessageRule.NotShown, null), ("first", TemplateMessageRule.ColorNotShown, null), ("keyword1", TemplateMessageRule.CutOff, "巧克力"),
                ("keyword3", TemplateMessageRule.UnknownKey, "keyword2"), ("remark", TemplateMessageRule.NotShown, null), ("keyword2", TemplateMessageRule.MissingKey, null),
            ],
            problems.Select(problem => (problem.Key, problem.Rule, problem.Suggestion)));
        Assert.All(problems, problem => Assert.Equal(TemplateProblemSeverity.Warning, problem.Severity));
    }

    [Fact]
    public void Historical_keys_are_known_without_a_template()
    {
        var problems = TemplateMessage.Create("H").Set("keyword1", new string('汉', 21)).Set("keyword2", "").Set("result", new string('汉', 99)).Build().Validate();

        Assert.Equal(
            [("keyword1", TemplateMessageRule.CutOff, new string('汉', 20) + "…"), ("keyword2", TemplateMessageRule.Empty, null)],
            problems.Select(problem => (problem.Key, problem.Rule, problem.Suggestion)));
        Assert.Empty(TemplateMessage.Create("H").Set("keyword1", new string('汉', 20)).Build().Validate());
    }

    [Fact]
    public void A_hidden_key_is_a_warning_in_a_category_template_too()
    {
        var problems = TemplateMessage.Create("T").Set("first", "x").Thing("thing1", "a").Amount("amount2", 1).Set("time3", "15:01").Build().Validate(Category);

        Assert.Equal(TemplateMessageRule.NotShown, Assert.Single(problems).Rule);
    }

    [Fact]
    public void An_unknown_type_is_not_judged() =>
        Assert.Empty(TemplateMessage.Create("T").Set("hologram1", new string('x', 500) + "\n").Set("short_thing2", new string('x', 500)).Set("enum3", "x").Build().Validate());

    [Theory]
    [InlineData("", 0)]
    [InlineData("\u3000 ", 2)]
    public void A_blank_value_is_an_error_where_the_platform_checks_it(string value, int length)
    {
        var problem = Assert.Single(TemplateMessage.Create("T").Thing("thing1", value).Build().Validate());

        Assert.Equal((TemplateMessageRule.Empty, TemplateProblemSeverity.Error, length), (problem.Rule, problem.Severity, problem.Length));
    }

    [Fact]
    public void Rejecting_stops_the_send_with_all_reasons()
    {
        var message = TemplateMessage.Create("T").Thing("thing1", new string('汉', 21)).Set("amount2", "many").Set("keyword3", "x", "#173177").Build();

        var exception = Assert.Throws<TemplateMessageException>(() => message.Prepare(TemplateValuePolicy.Reject));

        Assert.Equal("T", exception.TemplateId);
        Assert.Equal([TemplateMessageRule.TooLong, TemplateMessageRule.Malformed, TemplateMessageRule.ColorNotShown], exception.Problems.Select(problem => problem.Rule));
        Assert.Contains("'thing1'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'amount2'", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("keyword3", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_stop_nothing()
    {
        var message = TemplateMessage.Create("H").Set("first", "x", "#173177").Set("keyword9", "x").Build();

        Assert.Same(message, message.Prepare(TemplateValuePolicy.Reject, Historical));
    }

    [Fact]
    public void Trimming_cuts_what_may_be_cut_and_changes_nothing_else()
    {
        var message = TemplateMessage.Create("T").Thing("thing1", new string('汉', 21)).Set("phone_number2", "123", "#173177")
            .Url("https://example.com").OpenMiniProgram("wx1", "p").ClientMessageId("id").Build();

        var problem = message.Validate(policy: TemplateValuePolicy.Trim)[0];
        var sent = message.Prepare(TemplateValuePolicy.Trim);

        Assert.Equal((TemplateMessageRule.TooLong, TemplateProblemSeverity.Warning), (problem.Rule, problem.Severity));
        Assert.Equal(problem.Suggestion, sent.Fields[0].Value);
        Assert.Equal([new("thing1", new string('汉', 19) + "…"), new("phone_number2", "123", "#173177")], sent.Fields);
        Assert.Equal(
            (message.TemplateId, message.Url, message.MiniProgram, message.ClientMessageId, message.ValuePolicy),
            (sent.TemplateId, sent.Url, sent.MiniProgram, sent.ClientMessageId, sent.ValuePolicy));
        Assert.Equal(21, message.Fields[0].Value.Length);
    }

    [Theory]
    [InlineData("phone_number1", "123456789012345678")]
    [InlineData("phrase1", "一二三四五六")]
    [InlineData("amount1", "12345678901")]
    [InlineData("const1", "一二三四五六七八九十一二三四五六七八九十一")]
    [InlineData("thing1", "")]
    [InlineData("thing1", "一\n二")]
    public void Trimming_still_rejects_what_a_cut_would_falsify(string key, string value) =>
        Assert.Throws<TemplateMessageException>(() => TemplateMessage.Create("T").Set(key, value).Build().Prepare(TemplateValuePolicy.Trim));

    [Fact]
    public void Passing_through_lets_the_platform_judge_values_but_not_keys()
    {
        var message = TemplateMessage.Create("T").Thing("thing1", new string('汉', 21)).Set("amount2", "many").Set("time3", "").Build();

        Assert.Same(message, message.Prepare(TemplateValuePolicy.PassThrough, Category));
        Assert.All(message.Validate(Category, TemplateValuePolicy.PassThrough), problem => Assert.Equal(TemplateProblemSeverity.Warning, problem.Severity));
        Assert.Throws<TemplateMessageException>(() => TemplateMessage.Create("T").Thing("thing1", "a").Build().Prepare(TemplateValuePolicy.PassThrough, Category));
    }

    [Fact]
    public void The_message_s_own_choice_counts_before_the_registration_s()
    {
        var builder = TemplateMessage.Create("T").Thing("thing1", new string('汉', 21));

        Assert.Throws<TemplateMessageException>(() => builder.WhenValuesDoNotFit(TemplateValuePolicy.Reject).Build().Prepare(TemplateValuePolicy.PassThrough));
        Assert.Equal(20, builder.WhenValuesDoNotFit(TemplateValuePolicy.Trim).Build().Prepare(TemplateValuePolicy.Reject).Fields[0].Value.Length);
        Assert.Equal(21, builder.WhenValuesDoNotFit(TemplateValuePolicy.PassThrough).Build().Prepare(TemplateValuePolicy.Reject).Fields[0].Value.Length);
    }

    [Fact]
    public void A_trimmed_message_has_no_error_left() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(Gen.Elements("thing1", "character_string1", "name1", "keyword1", "phone_number1").ToArbitrary(), ArbMap.Default.ArbFor<NonNull<string>>(), (key, value) =>
        {
            var text = string.Concat(Enumerable.Repeat(value.Get, 8));
            var message = TemplateMessage.Create("T").Set(key, text).Build();
            var shapeIsWrong = message.Validate().Any(problem => problem.Rule != TemplateMessageRule.TooLong && problem.Severity == TemplateProblemSeverity.Error);
            if (shapeIsWrong || (key == "phone_number1" && message.Validate().Any(problem => problem.Severity == TemplateProblemSeverity.Error)))
            {
                Assert.Throws<TemplateMessageException>(() => message.Prepare(TemplateValuePolicy.Trim));
                return true;
            }

            return message.Prepare(TemplateValuePolicy.Trim).Validate().All(problem => problem.Severity == TemplateProblemSeverity.Warning);
        }));

    [Fact]
    public void Preparing_a_message_that_fits_allocates_nothing()
    {
        var message = TemplateMessage.Create("T").Thing("thing1", "微信小程序用户的订单😀").Amount("amount2", 39.8m).Set("time3", "2026年11月22日 10:00").Build();
        message.Prepare(TemplateValuePolicy.Trim, Category);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var prepared = message.Prepare(TemplateValuePolicy.Trim, Category);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Same(message, prepared);
        Assert.Equal(0, allocated);
    }
}
