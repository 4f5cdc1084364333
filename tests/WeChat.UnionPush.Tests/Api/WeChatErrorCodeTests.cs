using System.Reflection;

namespace WeChat.UnionPush.Tests.Api;

public sealed class WeChatErrorCodeTests
{
    private static readonly (WeChatErrorClass Class, string Codes)[] Sheet =
    [
        (WeChatErrorClass.TokenInvalid, "40001 40014 42001 48012"),
        (WeChatErrorClass.Transient, "-1 40240 43108 45169 61450 9001002 268487001 268487002 85431"),
        (WeChatErrorClass.RateLimited, "43117 44990 45011 45066 45104"),
        (WeChatErrorClass.Quota, "43100 45009 45040 48006"),
        (WeChatErrorClass.Duplicate, "40241 44007 45065"),
        (WeChatErrorClass.Template, "40037 40249 40252 43116 48011"),
        (WeChatErrorClass.Recipient, "40003 40226 43004 43005 43019 43101 45015 45047 45171 46004 48002 49003 50003 50005 62751 85437 10700 10703 10706"),
        (WeChatErrorClass.Config,
            "40013 40090 40125 40164 40165 40166 40200 40222 40230-40239 40243 41030 42005 48009 43102-43105 43106 43107 45026 45027 45035 61004 45051 45082 45102 45103 45109 " +
            "46101 45501 48001 48003 48004 48008 49001 50001 50002 50004 50007 61003 61007 61016 61017 61005 61006 61023 89000-89002 89501-89507"),
        (WeChatErrorClass.Request,
            "0 40002 40007 40008 40029 40030 40031 40032 40033 40034 40035 40038 40036 40039 40048 40066 40062 40097 40132 40163 40201-40203 40221 " +
            "40246 40247 41001 41002 41004 41008 41009 41010 41011 41028 41029 42002 42003 42007 43001 43002 43003 44002 45012-45014 45067 45168 " +
            "47001 47002 47003 61451 76001-76004 76021 76022 85433 85434 85470 87007 87008 87009 87014 200011-200022 200100 9001001"),
    ];

    private static readonly (string Name, int Code)[] Names =
    [
        ("Ok", 0), ("SystemBusy", -1), ("InvalidCredential", 40001), ("InvalidOpenId", 40003), ("InvalidAppId", 40013), ("InvalidAccessToken", 40014),
        ("InvalidCode", 40029), ("InvalidOpenIdListSize", 40032), ("InvalidTemplateIdSize", 40036), ("InvalidTemplateId", 40037), ("InvalidAppSecret", 40125),
        ("CodeBeenUsed", 40163), ("IpNotInWhitelist", 40164), ("InvalidMiniProgramPagePath", 40165), ("InvalidMiniProgramAppId", 40166), ("CodeBlocked", 40226),
        ("DuplicateMessage", 40241), ("AppSecretFrozen", 40243), ("ContentBlocked", 40249), ("TemplateUnderReview", 40252), ("AccessTokenMissing", 41001),
        ("AccessTokenExpired", 42001), ("RequireSubscribe", 43004), ("RecipientInBlacklist", 43019), ("ChangeTooFrequent", 43100), ("UserRefused", 43101),
        ("AddTemplateForbidden", 43106), ("SubscribeMessagesBanned", 43107), ("RecipientBusy", 43108), ("TemplateBanned", 43116), ("RecipientTooFrequent", 43117),
        ("EmptyPostData", 44002), ("RepeatedMessageId", 44007), ("ApiQuotaReached", 45009), ("ApiMinuteQuotaReached", 45011), ("TooManyTemplates", 45026),
        ("ClientMessageIdTooLong", 45067), ("ApiRetired", 45109), ("KeywordBlocked", 45168), ("DataFormatError", 47001), ("InvalidTemplateValue", 47003),
        ("ApiUnauthorized", 48001), ("MessagesTurnedOff", 48002), ("ApiForbidden", 48004), ("ClearQuotaUsedUp", 48006), ("OpenIdMismatch", 49003),
        ("UserLimited", 50002), ("AccessTokenForbidden", 50004), ("UserUnsubscribed", 50005), ("AccountFrozen", 50007), ("ClientIpNotRegistered", 61004),
        ("SessionKeyExpired", 87007), ("InvalidSignature", 87009), ("IpConfirmationPending", 89503),
    ];

    public static TheoryData<int, WeChatErrorClass> Rows
    {
        get
        {
            var rows = new TheoryData<int, WeChatErrorClass>();
            foreach (var (code, errorClass) in Expand())
            {
                rows.Add(code, errorClass);
            }

            return rows;
        }
    }

    [Theory, MemberData(nameof(Rows))]
    public void Every_code_of_the_sheet_has_its_class_a_meaning_and_advice(int value, WeChatErrorClass expected)
    {
        WeChatErrorCode code = value;

        Assert.True(code.IsKnown);
        Assert.Equal(expected, code.Class);
        Assert.Matches(@"^[^.]{4,}[^.\s]$", code.Meaning);
        Assert.Matches(@"^[A-Z].{8,}\.$", code.Advice);
    }

    [Fact]
    public void The_known_codes_are_those_of_the_sheet_in_ascending_order()
    {
        Assert.Equal(Expand().Select(row => row.Code).Order(), WeChatErrorCode.Known.Select(code => code.Value));
    }

    [Theory]
    [InlineData(43109)]
    [InlineData(1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void An_unknown_code_says_that_it_is_unknown_and_is_not_tried_again(int value)
    {
        WeChatErrorCode code = value;

        Assert.False(code.IsKnown);
        Assert.Equal(WeChatErrorClass.Request, code.Class);
        Assert.Contains("does not know", code.Meaning, StringComparison.Ordinal);
        Assert.NotEmpty(code.Advice);
    }

    [Fact]
    public void A_code_prints_as_its_number()
    {
        Assert.Equal("40001", WeChatErrorCode.InvalidCredential.ToString());
        Assert.Equal("-1", WeChatErrorCode.SystemBusy.ToString());
    }

    [Fact]
    public void Named_codes_are_their_numbers_and_known()
    {
        var named = typeof(WeChatErrorCode).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(property => property.PropertyType == typeof(WeChatErrorCode))
            .Select(property => (property.Name, Code: (WeChatErrorCode)property.GetValue(null)!))
            .OrderBy(code => code.Name, StringComparer.Ordinal)
            .ToArray();

        Assert.Equal(Names.OrderBy(code => code.Name, StringComparer.Ordinal), named.Select(code => (code.Name, code.Code.Value)));
        Assert.All(named, code => Assert.True(code.Code.IsKnown));
    }

    private static IEnumerable<(int Code, WeChatErrorClass Class)> Expand()
    {
        foreach (var (errorClass, codes) in Sheet)
        {
            foreach (var item in codes.Split(' '))
            {
                var dash = item.IndexOf('-', 1);
                var first = int.Parse(dash < 0 ? item : item[..dash]);
                var last = dash < 0 ? first : int.Parse(item[(dash + 1)..]);
                for (var code = first; code <= last; code++)
                {
                    yield return (code, errorClass);
                }
            }
        }
    }
}
