using System.Net;
using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

/// <summary>The lists of https://developers.weixin.qq.com/doc/oplatform/developers/basic_func/ip_whitelist.</summary>
public sealed class SimulatedIpWhitelistTests
{
    private const string ApiAddresses = "/cgi-bin/get_api_domain_ip?access_token=";

    [Theory]
    [InlineData("203.0.113.7", true)]
    [InlineData("203.0.113.8", false)]
    [InlineData("203.0.113.0/24", true)]
    [InlineData("203.0.113.200/24", true)]
    [InlineData("203.0.112.0/23", true)]
    [InlineData("203.0.113.8/29", false)]
    [InlineData("203.0.113.0/29", true)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("203.0.113.7/32", true)]
    public async Task The_list_of_an_Official_Account_stands_before_every_call(string entry, bool isListed)
    {
        using var fixture = new PlatformFixture();
        var token = await fixture.TokenAsync();
        fixture.Account.IpWhitelist = ["198.51.100.1", entry];

        Assert.Equal(isListed ? 0 : 40164, ErrorCode(await fixture.StableTokenAsync()));
        Assert.Equal(isListed ? 0 : 40164, ErrorCode(await fixture.ClassicTokenAsync()));
        Assert.Equal(isListed ? 0 : 40164, ErrorCode(await fixture.GetAsync($"/cgi-bin/user/get?access_token={token}")));
        Assert.Equal(isListed ? 0 : 40164, ErrorCode(await fixture.GetAsync(ApiAddresses + token)));
        var send = await fixture.PostAsync($"/cgi-bin/message/template/send?access_token={token}", """{"touser":"o","template_id":"t","data":{}}""");
        Assert.Equal(isListed ? 40037 : 40164, ErrorCode(send));
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync(appId: fixture.MiniProgram.AppId)));
    }

    [Fact]
    public async Task The_list_of_a_Mini_Program_stands_before_calls_with_the_secret()
    {
        using var fixture = new PlatformFixture();
        var token = await fixture.TokenAsync(fixture.MiniProgram.AppId);
        var code = fixture.Platform.AddPerson().CreateLoginCode(fixture.MiniProgram);
        fixture.MiniProgram.IpWhitelist = ["198.51.100.*"];

        var refused = await fixture.StableTokenAsync(appId: fixture.MiniProgram.AppId);
        Assert.Equal(40164, ErrorCode(refused));
        Assert.StartsWith("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: ", ErrorText(refused), StringComparison.Ordinal);
        Assert.Equal(40164, ErrorCode(await fixture.PostAsync("/cgi-bin/clear_quota/v2", $$"""{"appid":"{{fixture.MiniProgram.AppId}}","appsecret":"{{Secret}}"}""")));
        Assert.Equal(0, ErrorCode(await fixture.GetAsync(ApiAddresses + token)));
        fixture.MiniProgram.ChecksAddressAtLogin = true;
        Assert.Equal(40164, ErrorCode(await fixture.LoginAsync(code)));
        fixture.MiniProgram.ChecksAddressAtLogin = false;
        Assert.Equal(0, ErrorCode(await fixture.LoginAsync(code)));
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync()));

        using var listed = new HttpClient(fixture.Platform.CreateHandler(IPAddress.Parse("::ffff:198.51.100.9"))) { BaseAddress = fixture.Client.BaseAddress };
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"grant_type":"client_credential","appid":"{{fixture.MiniProgram.AppId}}","secret":"{{Secret}}"}"""));
        using var response = await listed.PostAsync("/cgi-bin/stable_token", body);
        Assert.Equal(0, ErrorCode(JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement));
    }

    [Fact]
    public async Task The_other_code_names_the_address_in_its_own_way()
    {
        using var fixture = new PlatformFixture();
        fixture.Account.RefusesAddressesAs61004 = true;
        fixture.Account.IpWhitelist = ["198.51.100.1"];

        var refused = await fixture.StableTokenAsync();
        Assert.Equal(61004, ErrorCode(refused));
        Assert.StartsWith("access clientip is not registered requestIP: 203.0.113.7 rid: ", ErrorText(refused), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_that_the_console_does_not_take_is_refused()
    {
        using var fixture = new PlatformFixture();
        foreach (var entry in new[] { "203.0.113.*", "203.0.113.7:443", "203.0.113", "203.0.113.0/33", "example.com", "" })
        {
            Assert.Throws<ArgumentException>(() => fixture.Account.IpWhitelist = [entry]);
        }

        fixture.MiniProgram.IpWhitelist = [.. Enumerable.Range(1, 10).Select(number => $"203.0.113.{number}")];
        Assert.Throws<ArgumentException>(() => fixture.MiniProgram.IpWhitelist = [.. Enumerable.Range(1, 11).Select(number => $"203.0.113.{number}")]);
        Assert.Throws<ArgumentException>(() => fixture.MiniProgram.IpWhitelist = ["203.0.113.7:443"]);
    }
}
