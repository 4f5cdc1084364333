using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Hosts;

public sealed class OptionsReloadTests
{
    public static TheoryData<string, string?> Bad => new()
    {
        { "OfficialAccount:AppSecret", null },
        { "MiniProgram:AppSecret", "密钥" },
        { "OfficialAccount:AppId", "" },
        { "OfficialAccount:AppId", "gh_0123456789ab" },
        { "Http:MaxRetries", "-1" },
        { "Http:TotalTimeout", "soon" },
        { "ApiBaseAddress", "http://user:hidden-pa55@api.weixin.qq.com:port" },
        { "Htpp:MaxRetries", "1" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_reload_keeps_the_last_good_options_and_is_logged_once(string option, string? value)
    {
        await using var town = new Town();
        using var log = new LogBook();
        var source = new Source(Section());
        await using var services = Build(town, source, log);
        var person = await ReachableAsync(town, services);

        source.Change(option, value);
        Assert.True((await services.GetRequiredService<IUnionPush>().PushAsync(person.OpenIdIn(town.MiniProgram), town.Message("b"))).IsSent);
        await services.GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(town.MiniProgram));
        using (var scope = services.CreateScope())
        {
            Assert.Equal(Secrets.OfficialAccount, scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<WeChatUnionPushOptions>>().Value.OfficialAccount.AppSecret);
        }

        var told = Assert.Single(log.Texts(5));
        Assert.Contains(option.Replace("Htpp:MaxRetries", "Htpp", StringComparison.Ordinal), told, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", told, StringComparison.Ordinal);
        var health = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains(option.Replace("Htpp:MaxRetries", "Htpp", StringComparison.Ordinal), health.Entries.Single().Value.Description, StringComparison.Ordinal);

        source.Change(option, Section().GetValueOrDefault(option));
        Assert.Equal(HealthStatus.Healthy, (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
    }

    [Theory]
    [InlineData("OfficialAccount:AppId")]
    [InlineData("MiniProgram:AppId")]
    public async Task Another_app_id_is_refused_and_nobody_is_stored_under_the_old_one_by_mistake(string option)
    {
        await using var town = new Town();
        using var log = new LogBook();
        var other = town.Platform.AddMiniProgram("wx9999999999999999", Secrets.MiniProgram, Town.OpenPlatform);
        var source = new Source(Section());
        await using var services = Build(town, source, log);
        var person = await ReachableAsync(town, services);

        source.Change(option, other.AppId);
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(other)));

        Assert.Equal(40029, failure.ErrorCode!.Value.Value);
        Assert.Empty(await services.GetRequiredService<IUnionIdRepository>().FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(other)]));
        Assert.Equal(LogLevel.Error, log.LevelOf(5));
        Assert.Contains("wx9999999999999999", Assert.Single(log.Texts(5)), StringComparison.Ordinal);
        Assert.Contains("restart", log.Texts(5)[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_corrected_secret_lifts_the_remembered_refusal_at_once()
    {
        await using var town = new Town();
        var source = new Source(Section());
        source.Change("OfficialAccount:AppSecret", "0000000000000000000000000000wrong");
        await using var services = Build(town, source);
        var tokens = services.GetRequiredService<IAccessTokenProvider>();
        await Assert.ThrowsAsync<WeChatApiException>(() => tokens.GetAsync(Town.OfficialAccountAppId).AsTask());
        await Assert.ThrowsAsync<WeChatApiException>(() => tokens.GetAsync(Town.OfficialAccountAppId).AsTask());
        Assert.Equal(1, town.Platform.Calls.Count("/cgi-bin/stable_token"));

        source.Change("OfficialAccount:AppSecret", $" {Secrets.OfficialAccount}\n");

        Assert.NotNull(await tokens.GetAsync(Town.OfficialAccountAppId));
    }

    private static Dictionary<string, string?> Section() => new()
    {
        ["OfficialAccount:AppId"] = Town.OfficialAccountAppId,
        ["OfficialAccount:AppSecret"] = Secrets.OfficialAccount,
        ["MiniProgram:AppId"] = Town.MiniProgramAppId,
        ["MiniProgram:AppSecret"] = Secrets.MiniProgram,
    };

    private static async Task<SimulatedPerson> ReachableAsync(Town town, ServiceProvider services)
    {
        var push = services.GetRequiredService<IUnionPush>();
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        await push.SyncFollowersAsync();
        await push.SignInAsync(person.CreateLoginCode(town.MiniProgram));
        return person;
    }

    private static ServiceProvider Build(Town town, Source source, LogBook? log = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging =>
        {
            logging.AddProvider(Captured.Provider);
            if (log is not null)
            {
                logging.AddProvider(log);
            }
        });
        services.AddWeChatUnionPush(new ConfigurationBuilder().Add(source).Build().GetSection("WeChat")).UseSimulator(town.Platform).AddHealthCheck();
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    /// <summary>A section that changes while the host runs.</summary>
    private sealed class Source : ConfigurationProvider, IConfigurationSource
    {
        public Source(Dictionary<string, string?> section)
        {
            foreach (var (key, value) in section)
            {
                Data[$"WeChat:{key}"] = value;
            }
        }

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public void Change(string option, string? value)
        {
            if (value is null)
            {
                Data.Remove($"WeChat:{option}");
            }
            else
            {
                Data[$"WeChat:{option}"] = value;
            }

            OnReload();
        }
    }
}
