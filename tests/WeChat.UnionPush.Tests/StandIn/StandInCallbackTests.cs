using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using WeChat.UnionPush.StandIn;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.StandIn;

/// <summary>The stand-in pushes events to a web server of its own on loopback.</summary>
public sealed class StandInCallbackTests
{
    private const string Token = "AAAAA";

    // Its last character has spare bits that a strict decoder refuses.
    private const string Key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFH";

    [Theory]
    [InlineData(Mischief.None)]
    [InlineData(Mischief.Busy)]
    [InlineData(Mischief.Chunked | Mischief.EscapedText | Mischief.ShuffledMembers)]
    [InlineData(Mischief.CloseInAnswer | Mischief.ControlCharacters)]
    public async Task Who_follows_and_who_leaves_and_what_became_of_a_message_is_known_by_the_callback(Mischief mischief)
    {
        await using var platform = StandInPlatform.Start(mischief);
        var inbox = new WatchedInbox(new InMemoryWeChatEventInbox(TimeProvider.System));
        await using var app = await StartAsync(platform, inbox);
        using var callback = platform.CreateCallback(new Uri(app.Urls.Single() + "/wechat/callback"), Token, Key);
        Assert.True(await callback.VerifyAsync());
        var (push, people, receipts) =
            (app.Services.GetRequiredService<IUnionPush>(), app.Services.GetRequiredService<IUnionIdRepository>(), app.Services.GetRequiredService<IMessageReceipts>());
        var person = platform.Ledger.AddPerson();
        var user = await push.SignInAsync(platform.Ledger.CreateLoginCode(person));

        await callback.PushAsync(person, "subscribe", "<EventKey><![CDATA[qrscene_门店 1]]></EventKey><Ticket><![CDATA[TICKET]]></Ticket>", times: 3);
        await inbox.WaitForSettledAsync(1);
        Assert.True(await FindAsync() is { FollowState: FollowState.Following, UnionId: { } unionId } && unionId == person.UnionId);
        Assert.InRange(platform.Ledger.CallsOf("/cgi-bin/user/info"), 1, 2);

        var message = TemplateMessage.Create(platform.Ledger.TemplateIds[0]).Thing("thing1", "巧克力").Amount("amount2", 1m).Set("time3", "15:01").CorrelationId("order-1").Build();
        var sent = await push.PushAsync(user.OpenId, message);
        Assert.True(sent.IsSent, sent.Reason);
        await callback.FinishedAsync(person, sent.MessageId!.Value, "failed: system failed");
        await inbox.WaitForSettledAsync(2);
        Assert.True(await receipts.FindByCorrelationIdAsync(Ledger.OfficialAccountAppId, ["order-1"]) is [{ Status: TemplateDeliveryStatus.SystemFailed }]);

        platform.Ledger.Unfollow(person);
        await callback.LeftAsync(person);
        await inbox.WaitForSettledAsync(3);
        Assert.Equal(FollowState.NotFollowing, (await FindAsync())?.FollowState);
        var calls = platform.Ledger.CallsOf("/cgi-bin/message/template/send");
        Assert.Equal(PushStatus.NotFollowing, (await push.PushAsync(user.OpenId, message)).Status);
        Assert.Equal(calls, platform.Ledger.CallsOf("/cgi-bin/message/template/send"));
        Assert.Empty(platform.Violations);

        async Task<WeChatIdentity?> FindAsync() => (await people.FindAsync(Ledger.OfficialAccountAppId, [person.OpenId])).SingleOrDefault();
    }

    [Fact]
    public async Task An_event_signed_with_another_token_is_told_by_the_stand_in_as_not_taken()
    {
        await using var platform = StandInPlatform.Start();
        await using var app = await StartAsync(platform, new InMemoryWeChatEventInbox(TimeProvider.System));
        using var callback = platform.CreateCallback(new Uri(app.Urls.Single() + "/wechat/callback"), "BBBBB", Key);
        Assert.False(await callback.VerifyAsync());
        await callback.FollowedAsync(platform.Ledger.AddPerson());
        Assert.Contains("A push of subscribe was answered with HTTP 4", Assert.Single(platform.Violations), StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(StandInPlatform platform, IWeChatEventInbox inbox)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services.AddWeChatUnionPush(options =>
            {
                options.OfficialAccount.AppId = Ledger.OfficialAccountAppId;
                options.OfficialAccount.AppSecret = platform.Ledger.OfficialAccountSecret;
                options.MiniProgram.AppId = Ledger.MiniProgramAppId;
                options.MiniProgram.AppSecret = platform.Ledger.MiniProgramSecret;
                options.ApiBaseAddress = platform.Address;
                options.Http.RetryDelay = TimeSpan.FromMilliseconds(1);
            })
            .AddCallback(options =>
            {
                options.OfficialAccount.Token = Token;
                options.OfficialAccount.EncodingAesKey = Key;
            })
            .AddReceipts()
            .UseEventInbox(_ => inbox);
        var app = builder.Build();
        app.MapWeChatCallback("/wechat/callback");
        await app.StartAsync();
        return app;
    }
}
