using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace WeChat.UnionPush.Tests.DependencyInjection;

public sealed class OptionsTests
{
    private static readonly Dictionary<string, string?> Right = new()
    {
        ["OfficialAccount:AppId"] = Town.OfficialAccountAppId,
        ["OfficialAccount:AppSecret"] = Secrets.OfficialAccount,
        ["MiniProgram:AppId"] = Town.MiniProgramAppId,
        ["MiniProgram:AppSecret"] = Secrets.MiniProgram,
    };

    public static TheoryData<string, string?> Wrong => new()
    {
        { "OfficialAccount:AppId", null },
        { "OfficialAccount:AppId", "  " },
        { "OfficialAccount:AppId", "wx 0123" },
        { "OfficialAccount:AppId", "“wx0123456789abcdef”" },
        { "OfficialAccount:AppSecret", null },
        { "OfficialAccount:AppSecret", "0123 4567" },
        { "MiniProgram:AppId", "" },
        { "MiniProgram:AppId", Town.OfficialAccountAppId },
        { "MiniProgram:AppSecret", "密钥" },
        { "ApiBaseAddress", "http://api.weixin.qq.com" },
        { "ApiBaseAddress", "ftp://127.0.0.1" },
        { "ApiBaseAddress", "api.weixin.qq.com" },
        { "ApiBaseAddress", "https://api.weixin.qq.com/?a=b" },
        { "FallbackAddresses:0", "http://api2.weixin.qq.com" },
        { "AccessToken:Channel", "7" },
        { "AccessToken:RefreshBefore", "-00:01:00" },
        { "AccessToken:RefusalPause", "00:00:00" },
        { "Http:AttemptTimeout", "00:00:00" },
        { "Http:TotalTimeout", "00:10:00" },
        { "Http:MaxRetries", "-1" },
        { "Http:MaxConnections", "0" },
        { "TemplateMessages:MaxPerSecond", "-1" },
        { "TemplateMessages:MaxConcurrent", "0" },
        { "FollowerSync:ConcurrentBatches", "0" },
        { "FollowerSync:DailyPageCalls", "0" },
        { "FollowerSync:LeaseDuration", "00:00:00" },
        { "FollowerSync:RefreshLinkedAfter", "00:00:00" },
        { "FollowerSync:RefreshUnlinkedAfter", "-1.00:00:00" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_option_stops_the_host_at_start_and_is_named(string option, string? value)
    {
        var exception = await StartAsync("", option, value);

        Assert.Contains($": {option} ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("default registration", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secrets.Marker, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_message_names_the_registration()
    {
        var exception = await StartAsync("brand-b", "MiniProgram:AppSecret", null);

        Assert.Contains("registration 'brand-b'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("MiniProgram:AppSecret", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_problem_is_reported_at_once()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddWeChatUnionPush(new ConfigurationBuilder().Build());
        using var host = builder.Build();

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(4, exception.Failures.Count());
    }

    [Fact]
    public async Task Right_options_of_a_section_start_the_host_and_are_bound()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var section = new Dictionary<string, string?>(Right)
        {
            ["ApiBaseAddress"] = "http://localhost:5000",
            ["FallbackAddresses:0"] = "https://api2.weixin.qq.com",
            ["AccessToken:Channel"] = "Classic",
            ["Http:TotalTimeout"] = "00:00:20",
            ["FollowerSync:DailyPageCalls"] = "90",
        };
        builder.Services.AddWeChatUnionPush(new ConfigurationBuilder().AddInMemoryCollection(section).Build());
        using var host = builder.Build();
        await host.StartAsync();
        var options = host.Services.GetRequiredService<IOptions<WeChatUnionPushOptions>>().Value;

        Assert.Equal(new Uri("http://localhost:5000"), options.ApiBaseAddress);
        Assert.Equal([new Uri("https://api2.weixin.qq.com")], options.FallbackAddresses);
        Assert.Equal(AccessTokenChannel.Classic, options.AccessToken.Channel);
        Assert.Equal(TimeSpan.FromSeconds(20), options.Http.TotalTimeout);
        Assert.Equal(90, options.FollowerSync.DailyPageCalls);
        await host.StopAsync();
    }

    [Fact]
    public void A_second_registration_of_the_same_name_is_refused()
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Town.SetCredentials);
        services.AddWeChatUnionPush("b", Town.SetCredentials);

        Assert.Contains("twice", Assert.Throws<InvalidOperationException>(() => services.AddWeChatUnionPush(Town.SetCredentials)).Message, StringComparison.Ordinal);
        Assert.Contains("'b'", Assert.Throws<InvalidOperationException>(() => services.AddWeChatUnionPush("b", Town.SetCredentials)).Message, StringComparison.Ordinal);
    }

    private static async Task<OptionsValidationException> StartAsync(string name, string option, string? value)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddWeChatUnionPush(name, new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(Right) { [option] = value }).Build());
        using var host = builder.Build();
        return await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
    }
}
