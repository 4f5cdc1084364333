using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace WeChat.UnionPush.Bare;

/// <summary>One message and some people, in the library's form and in the bare one.</summary>
internal static class Samples
{
    public const string OfficialAccountAppId = "wx0123456789abcdef";
    public const string MiniProgramAppId = "wxfedcba9876543210";

    /// <summary>As long as a real one.</summary>
    public static readonly string Token = new('t', 136);

    private const string TemplateId = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY";
    private const string Url = "https://example.com/orders/42";
    private const string PagePath = "pages/order?id=42";

    private static readonly DateTimeOffset PaidAt = new(2026, 11, 22, 10, 0, 0, TimeSpan.FromHours(8));

    // Ids as long as real ones and in random order, as stores get them. Odd, so that multiplying by the inverse reverses it.
    private const ulong Scramble = 0x9E3779B97F4A7C15;
    private const ulong Unscramble = 0xF1DE83E19937733D;
    private const string FollowerPrefix = "oFollow_";

    public static string FollowerOpenId(long index) => Id(FollowerPrefix, index);

    public static string UserOpenId(long index) => Id("oMpUser_", index);

    public static string UnionId(long index) => Id("oUnion__", index);

    /// <summary>The running number behind the first follower's openid in a text, or -1.</summary>
    public static long FollowerIndexIn(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOf(Encoding.ASCII.GetBytes(FollowerPrefix));
        return at >= 0 && Utf8Parser.TryParse(text[(at + FollowerPrefix.Length)..], out ulong scrambled, out _) ? (long)(scrambled * Unscramble) : -1;
    }

    public static string[] FollowerOpenIds(int count)
    {
        var openIds = new string[count];
        for (var i = 0; i < count; i++)
        {
            openIds[i] = FollowerOpenId(i);
        }

        return openIds;
    }

    public static TemplateMessage Message() => Builder().Build();

    /// <summary>The same with a subscribe message for those who do not follow.</summary>
    public static TemplateMessage ReachMessage() => Builder().ForSubscribe(SubscribeMessage.Create("subscription").Thing("thing1", "巧克力礼盒").Build()).Build();

    private static TemplateMessageBuilder Builder() => TemplateMessage.Create(TemplateId)
        .Thing("thing1", "巧克力礼盒")
        .Amount("amount2", 39.80m)
        .Time("time3", PaidAt)
        .CharacterString("character_string4", "20261122-000042")
        .Phrase("phrase5", "已支付")
        .Url(Url)
        .OpenMiniProgram(MiniProgramAppId, PagePath);

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

    private static string Id(string prefix, long index) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{(ulong)index * Scramble:D20}");

    /// <summary>The credentials, and no rate limit, because the cost of a call is measured.</summary>
    public static void Configure(WeChatUnionPushOptions options)
    {
        options.OfficialAccount.AppId = OfficialAccountAppId;
        options.OfficialAccount.AppSecret = new string('a', 32);
        options.MiniProgram.AppId = MiniProgramAppId;
        options.MiniProgram.AppSecret = new string('b', 32);
        options.TemplateMessages.MaxPerSecond = 0;
    }
}
