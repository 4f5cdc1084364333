using FsCheck;
using FsCheck.Fluent;

namespace WeChat.UnionPush.Tests.Messages;

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

        Assert.Equal(
            new("phone_number1", TemplateMessageRule.Malformed, TemplateProblemSeverity.Warning, 6,
                "Whether the platform takes the value of 'phone_number1' is not known: a phone_number takes digits and symbols.", "+86-0766-66888866"),
            problem);
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
    [InlineData("thing1", "\u200b")]
    [InlineData("phone_number1", "138\n")]
    [InlineData("time1", "10:00-12:00")]
    public void Trimming_still_rejects_what_a_cut_would_falsify(string key, string value) =>
        Assert.Throws<TemplateMessageException>(() => TemplateMessage.Create("T").Set(key, value).Build().Prepare(TemplateValuePolicy.Trim));

    [Theory]
    [InlineData("thing1", "一\r\n二\t三\n", "一 二 三")]
    [InlineData("thing1", "一 \n 二", "一  二")]
    [InlineData("thing1", "一二三四五六七八九十\n一二三四五六七八九十", "一二三四五六七八九十 一二三四五六七八…")]
    [InlineData("character_string1", "A1\nB2", "A1 B2")]
    [InlineData("name1", "张三\n", "张三")]
    [InlineData("time1", "2021年10月25日 09:00\uFF5E09:30", "2021年10月25日 09:00~09:30")]
    [InlineData("date1", "2021-10-25\u301C2021-10-26", "2021-10-25~2021-10-26")]
    public void Trimming_mends_line_breaks_and_tildes(string key, string value, string sent)
    {
        var message = TemplateMessage.Create("T").Set(key, value).Build();

        Assert.Equal(sent, message.Prepare(TemplateValuePolicy.Trim).Fields[0].Value);
        Assert.All(message.Validate(policy: TemplateValuePolicy.Trim), problem => Assert.Equal((TemplateProblemSeverity.Warning, sent), (problem.Severity, problem.Suggestion)));
        Assert.Contains(message.Validate(), problem => problem.Severity == TemplateProblemSeverity.Error && problem.Suggestion == sent);
    }

    [Fact]
    public void The_text_for_another_tilde_says_which_one_to_use()
    {
        var problem = Assert.Single(TemplateMessage.Create("T").Set("time3", "10:00\uFF5E12:00").Build().Validate());

        Assert.Equal("The value of 'time3' joins its two ends with another sign than '~' (U+007E), the tilde of an English keyboard; write that one.", problem.Message);
    }

    [Theory]
    [InlineData("amount1", "免费", "an amount takes")]
    [InlineData("time1", "now", "a time takes")]
    [InlineData("enum1", "a\nb", "an enum takes none")]
    [InlineData("thing1", "a\nb", "a thing takes none")]
    public void Texts_read_well(string key, string value, string expected) =>
        Assert.Contains(expected, Assert.Single(TemplateMessage.Create("T").Set(key, value).Build().Validate()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{{thing1.DATA}}", "thing1")]
    [InlineData("thing1.DATA", "thing1")]
    [InlineData("{{ thing1.DATA }}", "thing1")]
    [InlineData("{{thing1}}", "thing1")]
    [InlineData("商品名称:{{thing1.DATA}}", "thing1")]
    [InlineData("data.thing1.value", "thing1")]
    [InlineData("thing1\t", "thing1")]
    [InlineData(" keyword1 ", "keyword1")]
    public void The_place_of_a_key_is_told_from_the_key_without_the_template(string key, string right)
    {
        var exception = Assert.Throws<TemplateMessageException>(() => TemplateMessage.Create("T").Set(key, "x").Set("time3", "15:01").Build().Prepare(TemplateValuePolicy.Reject));

        var problem = Assert.Single(exception.Problems);
        Assert.Equal((key, TemplateMessageRule.UnknownKey, right), (problem.Key, problem.Rule, problem.Suggestion));
        Assert.Contains($"use '{right}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_is_no_key_and_stops_a_message_that_has_nothing_else()
    {
        var beside = Assert.Single(TemplateMessage.Create("T").Set("商品名称", "x").Set("thing1", "x").Build().Validate());
        Assert.Equal((TemplateMessageRule.UnknownKey, TemplateProblemSeverity.Warning), (beside.Rule, beside.Severity));

        var exception = Assert.Throws<TemplateMessageException>(() => TemplateMessage.Create("T").Set("商品名称", "x").Set("支付金额：", "¥1").Build().Prepare(TemplateValuePolicy.Reject));
        Assert.Contains("'商品名称' is no key of a template, perhaps the label", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("商品名称", "thing1")]
    [InlineData("商品名称：", "thing1")]
    [InlineData("{{thing1.DATA}}", "thing1")]
    [InlineData("{{thing2.DATA}}", "thing1")]
    [InlineData("支付时间", "time3")]
    public void With_the_template_a_label_leads_to_its_key(string key, string right)
    {
        var message = TemplateMessage.Create("T").Set(key, "x").Build();

        Assert.Equal(right, message.Validate(Category)[0].Suggestion);
        Assert.Contains(
            $"names no key of the template, which has no '{key}'; it has '{right}'.",
            Assert.Throws<TemplateMessageException>(() => message.Prepare(TemplateValuePolicy.Reject, Category)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_names_no_key_of_the_template_is_told_the_keys()
    {
        var exception = Assert.Throws<TemplateMessageException>(
            () => TemplateMessage.Create("H").Set("zzzzzzzzz", "x").Build().Prepare(TemplateValuePolicy.PassThrough, Historical));

        Assert.Contains("names no key of the template, which has no 'zzzzzzzzz'; its keys are 'first', 'keyword1', 'keyword2', 'remark'.", exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_of_the_exception_tells_the_key_that_was_meant()
    {
        var exception = Assert.Throws<TemplateMessageException>(() =>
            TemplateMessage.Create("T").Set("thing01", "巧克力").Amount("amount2", 1).Set("time3", "15:01").Build().Prepare(TemplateValuePolicy.Reject, Category));

        Assert.Contains("The template has no key 'thing01', so its value is dropped; it has 'thing1'.", exception.Message, StringComparison.Ordinal);
        Assert.Contains("The template's key 'thing1' (商品名称) is not set.", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Thing1", "thing1")]
    [InlineData("PHONE_NUMBER12", "phone_number12")]
    [InlineData("thing", null)]
    [InlineData("character_string", null)]
    public void A_key_that_is_nearly_one_is_a_warning_without_the_template(string key, string? right)
    {
        var problem = Assert.Single(TemplateMessage.Create("T").Set(key, "x").Set("thing1", "x").Build().Validate());

        Assert.Equal((TemplateMessageRule.UnknownKey, TemplateProblemSeverity.Warning, right), (problem.Rule, problem.Severity, problem.Suggestion));
    }

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
            if (message.Validate(policy: TemplateValuePolicy.Trim).Any(problem => problem.Severity == TemplateProblemSeverity.Error))
            {
                // Neither emptiness nor a character that belongs elsewhere is mended, and a phone number is not cut.
                Assert.True(key == "phone_number1" || message.Validate(policy: TemplateValuePolicy.Trim).Any(problem => problem.Rule != TemplateMessageRule.TooLong));
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
