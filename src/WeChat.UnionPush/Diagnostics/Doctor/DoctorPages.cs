namespace WeChat.UnionPush.Diagnostics;

/// <summary>The pages of the platform's consoles, by the names that they have today.</summary>
internal static class DoctorPages
{
    public const string OfficialAccount = "https://developers.weixin.qq.com/platform → 我的业务 → 公众号/服务号 → 基础信息 → 开发信息";
    public const string MiniProgram = "https://mp.weixin.qq.com → 管理 → 开发管理 → 开发设置";
    public const string OfficialAccountPush = "https://developers.weixin.qq.com/platform → 我的业务 → 公众号/服务号 → 消息推送";
    public const string MiniProgramPush = "https://mp.weixin.qq.com → 管理 → 开发管理 → 消息推送";
    public const string Verification = "https://mp.weixin.qq.com → 设置与开发 → 账号设置 → 微信认证";
    public const string Templates = "https://mp.weixin.qq.com → 广告与服务 → 模板消息";
    public const string Quota = "https://developers.weixin.qq.com/platform → 我的业务 → 公众号/服务号 → 接口管理";
    public const string OpenPlatform = "https://open.weixin.qq.com → 管理中心 → 公众号 / 小程序 → 绑定";

    public static string Of(WeChatAccountKind account) => account == WeChatAccountKind.MiniProgram ? MiniProgram : OfficialAccount;

    public static string PushOf(WeChatAccountKind account) => account == WeChatAccountKind.MiniProgram ? MiniProgramPush : OfficialAccountPush;

    public static string NameOf(WeChatAccountKind account) => account == WeChatAccountKind.MiniProgram ? "Mini Program" : "Official Account";

    public static string PrefixOf(WeChatAccountKind account) => account == WeChatAccountKind.MiniProgram ? "mini_program" : "official_account";
}
