using System.Globalization;

namespace WeChat.UnionPush.Bare;

/// <summary>One message and some people, in the library's form and in the bare one.</summary>
internal static class Samples
{
    public const string OfficialAccountAppId = "wx0123456789abcdef";
    public const string MiniProgramAppId = "wxfedcba9876543210";

    /// <summary>Of the length of a real one.</summary>
    public static readonly string Token = new('t', 136);

    private const string TemplateId = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY";
    private const string Url = "https://example.com/orders/42";
    private const string PagePath = "pages/order?id=42";

    private static readonly DateTimeOffset PaidAt = new(2026, 11, 22, 10, 0, 0, TimeSpan.FromHours(8));

    public static string FollowerOpenId(long index) => string.Create(CultureInfo.InvariantCulture, $"oFollower{index:D19}");

    public static string UserOpenId(long index) => string.Create(CultureInfo.InvariantCulture, $"oMiniUser{index:D19}");

    public static string UnionId(long index) => string.Create(CultureInfo.InvariantCulture, $"oUnionId_{index:D19}");

    public static string[] FollowerOpenIds(int count)
    {
        var openIds = new string[count];
        for (var i = 0; i < count; i++)
        {
            openIds[i] = FollowerOpenId(i);
        }

        return openIds;
    }

    public static TemplateMessage Message() => TemplateMessage.Create(TemplateId)
        .Thing("thing1", "巧克力礼盒")
        .Amount("amount2", 39.80m)
        .Time("time3", PaidAt)
        .CharacterString("character_string4", "20261122-000042")
        .Phrase("phrase5", "已支付")
        .Url(Url)
        .OpenMiniProgram(MiniProgramAppId, PagePath)
        .Build();

    public static BareMessage BareMessage() => new(
        ToUser: "",
        TemplateId,
        Url,
        new BareMiniProgram(MiniProgramAppId, PagePath),
        ClientMessageId: "",
        new Dictionary<string, BareField>
        {
            ["thing1"] = new("巧克力礼盒"),
            ["amount2"] = new(string.Create(CultureInfo.InvariantCulture, $"¥{39.80m:0.00}")),
            ["time3"] = new(PaidAt.ToString("yyyy年M月d日 HH:mm", CultureInfo.InvariantCulture)),
            ["character_string4"] = new("20261122-000042"),
            ["phrase5"] = new("已支付"),
        });

    /// <summary>The credentials and no limit of pace: what is measured is the cost of a call.</summary>
    public static void Configure(WeChatUnionPushOptions options)
    {
        options.OfficialAccount.AppId = OfficialAccountAppId;
        options.OfficialAccount.AppSecret = new string('a', 32);
        options.MiniProgram.AppId = MiniProgramAppId;
        options.MiniProgram.AppSecret = new string('b', 32);
        options.TemplateMessages.MaxPerSecond = 0;
    }
}
