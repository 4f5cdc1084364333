using System.Reflection;
using WeChat.UnionPush.Tests.Architecture;

namespace WeChat.UnionPush.Tests.Api;

/// <summary>The named codes are the platform's numbers, and each stands on the page of codes.</summary>
public sealed class KnownErrorCodesTests
{
    private static readonly (string Name, int Code)[] Codes =
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

    [Fact]
    public void Each_name_is_its_number()
    {
        var named = typeof(WeChatErrorCode).GetProperties(BindingFlags.Public | BindingFlags.Static).Where(static property => property.PropertyType == typeof(WeChatErrorCode))
            .Select(static property => (property.Name, ((WeChatErrorCode)property.GetValue(null)!).Value));
        Assert.Equal(Codes.OrderBy(static code => code.Name, StringComparer.Ordinal), named.OrderBy(static code => code.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void Each_number_stands_on_the_page_of_codes()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "platform.md"));
        var rows = page.Split('\n').Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).Select(static line => line.Split('|')[1]).ToArray();
        Assert.All(Codes.Select(static code => code.Code).Where(static code => code != 0), code => Assert.Contains(rows, row => Names(row, code)));

        static bool Names(string row, int code) =>
            row.Split(['–'], StringSplitOptions.TrimEntries) is [var first, var last] && int.TryParse(first, out var from) && int.TryParse(last, out var to)
            ? code >= from && code <= to
            : row.Split([' ', ',', '/', '*'], StringSplitOptions.RemoveEmptyEntries).Contains($"{code}", StringComparer.Ordinal);
    }
}
