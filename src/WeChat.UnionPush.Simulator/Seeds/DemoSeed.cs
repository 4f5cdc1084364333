namespace WeChat.UnionPush.Simulator;

/// <summary>What a simulator begins with when nobody says anything else.</summary>
internal static class DemoSeed
{
    public const string OfficialAccount = "wx5a1c0de5f0a2b3c4";
    public const string MiniProgram = "wx9d8e7f6a5b4c3d2e";

    public static Seed Create() => new()
    {
        Number = 2026,
        OfficialAccounts =
        [
            new()
            {
                AppId = OfficialAccount,
                Name = "山茶书店",
                OpenPlatform = "shancha",
                Followers = 20,
                Templates =
                [
                    new()
                    {
                        Id = "Tm1-order-paid-0123456789abcdefghijklmnopqr",
                        Title = "订单支付成功通知",
                        Content = "商品名称：{{thing1.DATA}}\n支付金额：{{amount2.DATA}}\n支付时间：{{time3.DATA}}",
                        Example = "商品名称：《呼啸山庄》\n支付金额：39.80元\n支付时间：2026-11-26 15:01",
                    },
                    new()
                    {
                        Id = "Tm2-order-shipped-0123456789abcdefghijklmno",
                        Title = "订单发货通知",
                        Content = "订单编号：{{character_string1.DATA}}\n快递公司：{{phrase2.DATA}}\n收货电话：{{phone_number3.DATA}}",
                        Example = "订单编号：20261126001\n快递公司：顺丰\n收货电话：400-800-8888",
                    },
                ],
            },
        ],
        MiniPrograms =
        [
            new()
            {
                AppId = MiniProgram,
                Name = "山茶书店小程序",
                OpenPlatform = "shancha",
                SubscriptionTemplates =
                [
                    new() { Id = "Sm1-pick-up-0123456789abcdefghijklmnopqrstu", Title = "取货提醒", Content = "门店：{{thing1.DATA}}\n取货时间：{{time2.DATA}}" },
                    new() { Id = "Sm2-restocked-0123456789abcdefghijklmnopqrs", Title = "到货通知", Content = "商品：{{thing1.DATA}}\n价格：{{amount2.DATA}}" },
                ],
            },
        ],
        People = [new() { Name = "李雷" }, new() { Name = "韩梅梅" }, new() { Name = "Jim" }, new() { Name = "王芳", Follows = [OfficialAccount] }],
    };
}
