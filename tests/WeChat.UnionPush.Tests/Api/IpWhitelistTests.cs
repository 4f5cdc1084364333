using System.Net;

namespace WeChat.UnionPush.Tests.Api;

public sealed class IpWhitelistTests
{
    [Theory]
    [InlineData(false, 40164)]
    [InlineData(true, 61004)]
    public async Task A_central_token_service_does_not_free_a_worker_from_the_Official_Account_s_list(bool as61004, int code)
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        var (openId, message) = (person.OpenIdIn(town.Account), town.Message());
        var central = town.Services.GetRequiredService<IAccessTokenProvider>();
        town.Account.RefusesAddressesAs61004 = as61004;
        town.Account.IpWhitelist = ["203.0.113.7"];
        await using var worker = town.Build(builder => builder.UseSimulator(town.Platform, IPAddress.Parse("198.51.100.20"))
            .UseAccessTokenProvider(
                (_, appId, refused, cancellationToken) => refused is null ? central.GetAsync(appId, cancellationToken) : central.RenewAsync(appId, refused, cancellationToken)));

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => worker.GetRequiredService<ITemplateMessageSender>().SendAsync(openId, message));

        Assert.Equal((code, WeChatErrorClass.Config, "198.51.100.20"), (failure.ErrorCode!.Value.Value, failure.ErrorClass, failure.IpAddress));
        Assert.Contains("Add 198.51.100.20 to the API IP whitelist (API IP白名单) of the Official Account on developers.weixin.qq.com/platform", failure.Message,
            StringComparison.Ordinal);
        Assert.Contains("a central token service does not help", failure.Message, StringComparison.Ordinal);
        Assert.True((await town.Services.GetRequiredService<ITemplateMessageSender>().SendAsync(openId, message)).IsSent);
        town.Account.IpWhitelist = ["203.0.113.7", "198.51.100.0/24"];
        Assert.True((await worker.GetRequiredService<ITemplateMessageSender>().SendAsync(openId, town.Message("b"))).IsSent);
    }

    [Fact]
    public async Task A_Mini_Program_s_token_call_is_told_of_the_Mini_Program_s_console()
    {
        await using var town = new Town();
        town.MiniProgram.IpWhitelist = ["198.51.100.1"];

        var failure = await Assert.ThrowsAsync<WeChatApiException>(async () => await town.Services.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.MiniProgramAppId));

        Assert.Equal("203.0.113.7", failure.IpAddress);
        Assert.Contains("of the Mini Program on mp.weixin.qq.com", failure.Message, StringComparison.Ordinal);
        Assert.Contains("代码上传 IP白名单", failure.Message, StringComparison.Ordinal);
    }
}
