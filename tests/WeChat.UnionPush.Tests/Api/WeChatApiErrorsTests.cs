using FsCheck;
using FsCheck.Fluent;

namespace WeChat.UnionPush.Tests.Api;

public sealed class WeChatApiErrorsTests
{
    private const string Token = "/cgi-bin/token";
    private const string StableToken = "/cgi-bin/stable_token";
    private const string SignIn = "/sns/jscode2session";
    private const string Send = "/cgi-bin/message/template/send";
    private const string UserGet = "/cgi-bin/user/get";
    private const string UserInfo = "/cgi-bin/user/info";
    private const string BatchGet = "/cgi-bin/user/info/batchget";
    private const string NotLatest =
        "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, " +
        "more details at https://mmbizurl.cn/s/JtxxFh33r rid: 6401d3a9-2c8f6a11-0f0e1d2c";

    [Theory]
    [InlineData(Token, 40001, null, WeChatErrorClass.Config)]
    [InlineData(StableToken, 40001, null, WeChatErrorClass.Config)]
    [InlineData(SignIn, 40001, null, WeChatErrorClass.Config)]
    [InlineData("/cgi-bin/clear_quota/v2", 40001, null, WeChatErrorClass.Config)]
    [InlineData("/cgi-bin/clear_quota", 40001, null, WeChatErrorClass.TokenInvalid)]
    [InlineData(UserGet, 40001, NotLatest, WeChatErrorClass.TokenInvalid)]
    [InlineData(Send, 40001, NotLatest, WeChatErrorClass.TokenInvalid)]
    [InlineData("/wxa/checksession", 40001, NotLatest, WeChatErrorClass.TokenInvalid)]
    [InlineData(Send, 40003, "invalid openid", WeChatErrorClass.Recipient)]
    [InlineData(UserInfo, 40003, "invalid openid", WeChatErrorClass.Recipient)]
    [InlineData(BatchGet, 40003, "invalid openid", WeChatErrorClass.Recipient)]
    [InlineData(UserGet, 40003, "invalid openid", WeChatErrorClass.Request)]
    [InlineData(StableToken, 40013, "invalid appid", WeChatErrorClass.Config)]
    [InlineData(Send, 40013, "invalid appid", WeChatErrorClass.Config)]
    [InlineData(SignIn, 40029, "invalid code, rid: 6401d3a9-2c8f6a11-0f0e1d2c", WeChatErrorClass.Request)]
    [InlineData(Send, 40037, "invalid template_id", WeChatErrorClass.Template)]
    [InlineData("/cgi-bin/template/api_add_template", 40037, "invalid template_id", WeChatErrorClass.Request)]
    [InlineData(Send, 45009, "reach max api daily quota limit", WeChatErrorClass.Quota)]
    [InlineData(Send, 45009, "api minute-quota reach limit  mustslower  retry next minute", WeChatErrorClass.RateLimited)]
    [InlineData(Send, 45009, "api freq out of limit", WeChatErrorClass.Quota)]
    [InlineData(Send, 45009, null, WeChatErrorClass.Quota)]
    [InlineData(Token, 45011, "api minute-quota reach limit", WeChatErrorClass.RateLimited)]
    [InlineData(Token, 45011, "reach max api daily quota limit", WeChatErrorClass.Quota)]
    [InlineData(SignIn, 45011, null, WeChatErrorClass.RateLimited)]
    [InlineData(Send, 50002, "user limited", WeChatErrorClass.Recipient)]
    [InlineData(UserInfo, 50002, "user limited", WeChatErrorClass.Recipient)]
    [InlineData(UserGet, 50002, "user limited", WeChatErrorClass.Config)]
    [InlineData(SignIn, 50002, "user limited", WeChatErrorClass.Config)]
    [InlineData(Send, 123456789, "something new", WeChatErrorClass.Request)]
    [InlineData("", -1, "", WeChatErrorClass.Transient)]
    public void The_same_code_is_read_by_the_API_that_answers_it(string apiPath, int code, string? text, WeChatErrorClass expected)
    {
        Assert.Equal(expected, WeChatApiErrors.Classify(apiPath, code, text));
        Assert.Equal(expected, WeChatApiErrors.Create(apiPath, code, text).ErrorClass);
    }

    [Fact]
    public void A_wrong_app_id_is_somebody_elses_fault_at_a_send()
    {
        Assert.Contains("AppSecret", WeChatApiErrors.Create(StableToken, 40013, "invalid appid").Message, StringComparison.Ordinal);
        Assert.Contains("Associate (关联)", WeChatApiErrors.Create(Send, 40013, "invalid appid").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_exception_names_the_address_to_put_on_the_whitelist()
    {
        const string text = "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 5f3a6a7c-11223344-0badcafe";

        var exception = WeChatApiErrors.Create(Token, 40164, text);

        Assert.Equal("/cgi-bin/token", exception.ApiPath);
        Assert.Equal(WeChatErrorCode.IpNotInWhitelist, exception.ErrorCode);
        Assert.Equal(WeChatErrorClass.Config, exception.ErrorClass);
        Assert.Equal(text, exception.ErrorMessage);
        Assert.Equal("5f3a6a7c-11223344-0badcafe", exception.RequestId);
        Assert.Equal("1.2.3.4", exception.IpAddress);
        Assert.Equal(
            $"/cgi-bin/token was refused: 40164 \"{text}\" (the caller's address is not on the account's IP whitelist). " +
            "Add 1.2.3.4 to the account's API IP whitelist (API IP白名单): that of an Official Account is on developers.weixin.qq.com/platform and is asked at every call, " +
            "so a central token service does not help; that of a Mini Program is on mp.weixin.qq.com and is asked at calls with the AppSecret only. " +
            "WeChat diagnoses rid 5f3a6a7c-11223344-0badcafe for seven days: https://developers.weixin.qq.com/console/devtools/debug?tab=errorDiag",
            exception.Message);
    }

    [Theory]
    [InlineData(40164, "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 5f3a6a7c-11223344-0badcafe")]
    [InlineData(61004, "access clientip is not registered requestIP: 1.2.3.4 rid: 5f3a6a7c-11223344-0badcafe")]
    [InlineData(61004, "access clientip is not registered, requestIP:::ffff:1.2.3.4")]
    [InlineData(45035, "access clientip is not registered requestIP: 1.2.3.4:51234")]
    public void Both_codes_of_the_list_name_the_address_and_the_account_s_own_console(int code, string text)
    {
        foreach (var (path, kind, isMiniProgram) in new[]
        {
            (Send, WeChatAccountKind.Unknown, false), (UserGet, WeChatAccountKind.Unknown, false), (StableToken, WeChatAccountKind.OfficialAccount, false),
            (SignIn, WeChatAccountKind.Unknown, true), (StableToken, WeChatAccountKind.MiniProgram, true), (Token, WeChatAccountKind.MiniProgram, true),
        })
        {
            var exception = WeChatApiErrors.Create(path, code, text, kind);

            Assert.Equal("1.2.3.4", exception.IpAddress);
            Assert.Equal(WeChatErrorClass.Config, exception.ErrorClass);
            Assert.Contains("Add 1.2.3.4 to the API IP whitelist (API IP白名单) of the " +
                (isMiniProgram ? "Mini Program on mp.weixin.qq.com" : "Official Account on developers.weixin.qq.com/platform"), exception.Message, StringComparison.Ordinal);
            Assert.Contains(isMiniProgram ? "calls with the AppSecret only" : "a central token service does not help", exception.Message, StringComparison.Ordinal);
            Assert.Contains(isMiniProgram ? "代码上传 IP白名单" : "我的业务", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_page_for_diagnosis_is_named_once_where_there_is_a_rid()
    {
        const string page = "https://developers.weixin.qq.com/console/devtools/debug?tab=errorDiag";
        foreach (var code in WeChatErrorCode.Known.Append(123456))
        {
            var exception = WeChatApiErrors.Create(Send, code.Value, "some text rid: 5f3a6a7c-11223344-0badcafe");
            var lost = WeChatApiErrors.Lost(Send, exception);
            foreach (var failure in new[] { exception, lost })
            {
                Assert.Equal("5f3a6a7c-11223344-0badcafe", failure.RequestId);
                Assert.Equal(2, failure.Message.Split(page).Length);
            }

            Assert.DoesNotContain(page, WeChatApiErrors.Create(Send, code.Value, "some text").Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_busy_recipient_is_transient_and_not_for_the_transport_to_repeat()
    {
        Assert.Equal(WeChatErrorClass.Transient, WeChatApiErrors.Classify(Send, 43108, null));
        Assert.False(WeChatApiErrors.MayRepeat(Send, 43108, null));
        Assert.True(WeChatApiErrors.MayRepeat(Send, -1, null));
    }

    [Fact]
    public void The_exception_names_the_field_of_a_wrong_value()
    {
        var exception = WeChatApiErrors.Create(Send, 47003, "argument invalid! data.thing1.value invalid rid: 5f3a6a7c-11223344-0badcafe");

        Assert.Equal("thing1", exception.Field);
        Assert.Equal(WeChatErrorClass.Request, exception.ErrorClass);
        Assert.Contains("Correct the value of thing1: it is missing, empty, or breaks the rule of its type.", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_a_text_the_exception_still_says_what_happened(string? text)
    {
        var exception = WeChatApiErrors.Create(Send, 43004, text);

        Assert.Null(exception.ErrorMessage);
        Assert.StartsWith(
            "/cgi-bin/message/template/send was refused: 43004 (the recipient does not follow the Official Account). ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void How_long_to_wait_is_told_where_it_is_known()
    {
        Assert.Equal(TimeSpan.FromSeconds(1), WeChatApiErrors.Create(Send, 44990, null).RetryAfter);
        Assert.Equal(TimeSpan.FromMinutes(1), WeChatApiErrors.Create(Send, 45009, "minute").RetryAfter);
        Assert.Equal(TimeSpan.FromMinutes(1), WeChatApiErrors.Create(SignIn, 45011, null).RetryAfter);
        Assert.Equal(TimeSpan.FromHours(1), WeChatApiErrors.Create(Token, 89507, null).RetryAfter);
        Assert.Equal(TimeSpan.FromHours(24), WeChatApiErrors.Create(Token, 89506, null).RetryAfter);
        Assert.Null(WeChatApiErrors.Create(Send, 45009, "reach max api daily quota limit").RetryAfter);
        Assert.Null(WeChatApiErrors.Create(Send, 43117, null).RetryAfter);
    }

    [Theory]
    [InlineData(NotLatest, "6401d3a9-2c8f6a11-0f0e1d2c")]
    [InlineData("invalid code, rid: 5f3a6a7c-11223344-0badcafe", "5f3a6a7c-11223344-0badcafe")]
    [InlineData("access_token expired rid:5f3a6a7c-11223344-0badcafe", "5f3a6a7c-11223344-0badcafe")]
    [InlineData("ok RID :\u00a0 5f3a6a7c-11223344-0badcafe, more", "5f3a6a7c-11223344-0badcafe")]
    [InlineData("a grid: x, rid: none, rid: 5f3a6a7c-11223344-0badcafe", "5f3a6a7c-11223344-0badcafe")]
    [InlineData("invalid code, hint: [xgS360913age7]", null)]
    [InlineData("invalid code, hints: [ req_id: aBcDeF ]", null)]
    [InlineData("rid: 5f3a6a7c-11223344-0badcaf", null)]
    [InlineData("rid: 5f3a6a7c-11223344x0badcafe", null)]
    [InlineData("rid", null)]
    [InlineData(null, null)]
    public void The_request_id_is_found_however_it_is_spaced(string? text, string? expected) =>
        Assert.Equal(expected, WeChatErrorText.RequestId(text));

    [Theory]
    [InlineData("argument invalid! data.thing1.value invalid", "thing1")]
    [InlineData("argument invalid! data.time3.value is emtpy", "time3")]
    [InlineData("argument invalid! data.character_string1.value i", "character_string1")]
    [InlineData("argument invalid! data.character_string1.", "character_string1")]
    [InlineData("argument invalid! data.character_str", null)]
    [InlineData("hint: [xgS360913age7] argument invalid! data.phrase2.value invalid", "phrase2")]
    [InlineData("thing01.DATA is invalid", "thing01")]
    [InlineData("argument invalid! withdrawMoney.DATA", "withdrawMoney")]
    [InlineData(".DATA", null)]
    [InlineData("data..value data.", null)]
    [InlineData("argument invalid!", null)]
    [InlineData(null, null)]
    public void The_field_of_47003_is_found_in_whole_and_cut_texts(string? text, string? expected) =>
        Assert.Equal(expected, WeChatErrorText.Field(text));

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_field_has_sixty_four_characters_at_most(int length, bool isFound)
    {
        var key = new string('k', length);
        Assert.Equal(isFound ? key : null, WeChatErrorText.Field($"argument invalid! data.{key}.value invalid"));
        Assert.Equal(isFound ? key : null, WeChatErrorText.Field($"argument invalid! {key}.DATA"));
    }

    [Theory]
    [InlineData("invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 5f3a6a7c-11223344-0badcafe", "1.2.3.4")]
    [InlineData("invalid ip 203.0.113.77, not in whitelist hint: [abc.def]", "203.0.113.77")]
    [InlineData("invalid ip ::ffff:203.0.113.77, not in whitelist", "203.0.113.77")]
    [InlineData("invalid ip 2001:db8::17, not in whitelist", "2001:db8::17")]
    [InlineData("ip:203.0.113.77.", "203.0.113.77")]
    [InlineData("access clientip is not registered requestIP: 203.0.113.77 rid: 5f3a6a7c-11223344-0badcafe", "203.0.113.77")]
    [InlineData("requestIP:203.0.113.77,", "203.0.113.77")]
    [InlineData("requestIP: ::ffff:203.0.113.77", "203.0.113.77")]
    [InlineData("requestIP:::ffff:203.0.113.77", "203.0.113.77")]
    [InlineData("requestIP: ::ffff:cb00:714d", "203.0.113.77")]
    [InlineData("requestIP: 203.0.113.77:443", "203.0.113.77")]
    [InlineData("requestIP: [2001:db8::17]", "2001:db8::17")]
    [InlineData("requestIP: ::1 of this machine", "::1")]
    [InlineData("invalid ip 2001:db8::17 ipv6, 203.0.113.77 ipv4", "203.0.113.77")]
    [InlineData("invalid ip 2001:db8::17, then 2001:db8::18", "2001:db8::17")]
    [InlineData("invalid ip 999.1.1.1, 40164, 12:30, 1.2, not in whitelist", null)]
    [InlineData(":::::::::::::::::::: ....", null)]
    [InlineData(null, null)]
    public void The_address_of_40164_is_found_and_version_4_preferred(string? text, string? expected) =>
        Assert.Equal(expected, WeChatErrorText.IpAddress(text));

    [Fact]
    public void No_text_whatever_makes_a_reader_throw()
    {
        var pieces = new[]
        {
            "rid", "rid:", " ", ":", "5f3a6a7c-", "11223344-0badcafe", "data.", "thing1", ".value", ".DATA", "ip ", "1.2.3.4", "::ffff:", "999.9.9.9", "daily",
            "minute", "access_token=", "\"secret\":\"", "\\\"", "&quot;", "%3D", "\0", "\ud800", "😀", "恭喜", "\u202e", "\r\n", new string('a', 5000), "\\",
        };
        var texts = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string>(),
            Gen.ListOf(Gen.Elements(pieces)).Select(string.Concat));
        var codes = Gen.OneOf(Gen.Elements(WeChatErrorCode.Known.Select(code => code.Value).ToArray()), ArbMap.Default.GeneratorFor<int>());
        var paths = Gen.Elements(Token, SignIn, Send, UserGet, UserInfo, "");

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000).WithReplay(20_230_920, 1),
            Prop.ForAll(texts.ToArbitrary(), codes.ToArbitrary(), paths.ToArbitrary(), (text, code, path) =>
            {
                var exception = WeChatApiErrors.Create(path, code, text);
                _ = WeChatErrorText.Field(text);
                _ = WeChatErrorText.IpAddress(text);
                return exception.Message.Length < 2_000 && !exception.Message.Any(char.IsControl);
            }));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(0.25, 0.25)]
    public void A_turn_that_did_not_come_says_when_another_would(double wait, double seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds),
        WeChatApiErrors.TurnDidNotCome(Send, "wxOfficialAccount", 1, 1, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(wait)).RetryAfter);

    [Fact]
    public void Of_the_platform_s_text_five_hundred_bytes_are_quoted()
    {
        var text = string.Join(' ', Enumerable.Repeat("word", 100)) + "!";
        Assert.Equal(500, text.Length);
        Assert.Equal(text, WeChatApiErrors.Create(Send, 48001, text).ErrorMessage);
        Assert.Equal(text + "…", WeChatApiErrors.Create(Send, 48001, text + "!").ErrorMessage);
    }

    [Theory]
    [InlineData(45009, "minute", true)]
    [InlineData(45011, "minute", true)]
    [InlineData(45011, null, true)]
    [InlineData(45009, "reach max api daily quota limit", false)]
    public void At_a_sign_in_the_minute_is_that_of_one_user(int code, string? text, bool isOfUser)
    {
        Assert.Equal(isOfUser, WeChatApiErrors.Create(SignIn, code, text).Message.Contains("100", StringComparison.Ordinal));
        Assert.DoesNotContain("100", WeChatApiErrors.Create(Send, code, text).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_equal_where_their_texts_are()
    {
        SecretText one = "abc";
        Assert.True(one == new SecretText("abc"));
        Assert.False(one != new SecretText("abc"));
        Assert.True(one != new SecretText("ab"));
        Assert.False(one == new SecretText("ab"));
    }
}
