using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.DependencyInjection;

public sealed class NamedRegistrationTests
{
    private const string SecondMiniProgram = "wx1111111111111111";
    private const string OtherAccount = "wx2222222222222222";
    private const string OtherMiniProgram = "wx3333333333333333";

    [Fact]
    public async Task Two_Mini_Programs_of_one_Official_Account_share_its_token_and_followers_and_keep_their_users_apart()
    {
        await using var town = new Town();
        var second = town.Platform.AddMiniProgram(SecondMiniProgram, Secrets.MiniProgram, Town.OpenPlatform);
        await using var services = BuildHost(town, options => options.MiniProgram.AppId = SecondMiniProgram);
        var (first, named) = (services.GetRequiredService<IUnionPush>(), services.GetRequiredKeyedService<IUnionPush>("b"));
        var (inFirst, inSecond) = (town.Platform.AddPerson(), town.Platform.AddPerson());
        inFirst.Follow(town.Account);
        inSecond.Follow(town.Account);

        await first.SyncFollowersAsync();
        await first.SignInAsync(inFirst.CreateLoginCode(town.MiniProgram));
        await named.SignInAsync(inSecond.CreateLoginCode(second));

        Assert.True((await first.PushAsync(inFirst.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
        Assert.True((await named.PushAsync(inSecond.OpenIdIn(second), town.Message())).IsSent);
        Assert.Equal(PushStatus.NotSignedIn, (await first.PushAsync(inSecond.OpenIdIn(second), town.Message())).Status);
        Assert.Equal(PushStatus.NotSignedIn, (await named.PushAsync(inFirst.OpenIdIn(town.MiniProgram), town.Message())).Status);
        Assert.Equal(1, (await first.GetCoverageAsync()).Total);
        Assert.Equal(1, town.Platform.Calls.Count("/cgi-bin/stable_token"));
    }

    [Fact]
    public async Task Two_brands_in_one_host_never_mix_users_or_tokens()
    {
        await using var town = new Town();
        var account = town.Platform.AddOfficialAccount(OtherAccount, Secrets.OfficialAccount, "open-2");
        var miniProgram = town.Platform.AddMiniProgram(OtherMiniProgram, Secrets.MiniProgram, "open-2");
        var template = account.AddTemplate("通知", "内容:{{thing1.DATA}}");
        await using var services = BuildHost(town, options =>
        {
            options.OfficialAccount.AppId = OtherAccount;
            options.MiniProgram.AppId = OtherMiniProgram;
        });
        var (first, named) = (services.GetRequiredService<IUnionPush>(), services.GetRequiredKeyedService<IUnionPush>("b"));
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        await first.SyncFollowersAsync();
        await named.SyncFollowersAsync();
        await first.SignInAsync(person.CreateLoginCode(town.MiniProgram));
        await named.SignInAsync(person.CreateLoginCode(miniProgram));

        Assert.True((await first.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
        var other = TemplateMessage.Create(template.Id).Thing("thing1", "x").Build();
        Assert.Equal(PushStatus.NotFollowing, (await named.PushAsync(person.OpenIdIn(miniProgram), other)).Status);

        person.Follow(account);
        await named.SyncFollowersAsync();
        Assert.True((await named.PushAsync(person.OpenIdIn(miniProgram), other)).IsSent);
        Assert.Equal(1, account.DeliveredCount);
        Assert.Equal(1, town.Account.DeliveredCount);
        Assert.Equal(2, town.Platform.Calls.Count("/cgi-bin/stable_token"));
    }

    [Fact]
    public async Task Registrations_that_disagree_on_a_secret_are_told_so()
    {
        await using var town = new Town();
        await using var services = BuildHost(town, options =>
        {
            options.OfficialAccount.AppSecret = "another";
            options.MiniProgram.AppId = SecondMiniProgram;
        });
        _ = services.GetRequiredService<IUnionPush>();

        var exception = Assert.Throws<InvalidOperationException>(() => services.GetRequiredKeyedService<IUnionPush>("b"));

        Assert.Contains(Town.OfficialAccountAppId, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another", exception.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider BuildHost(Town town, Action<WeChatUnionPushOptions> second)
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(town.Platform);
        services.AddWeChatUnionPush("b", options =>
        {
            Town.SetCredentials(options);
            second(options);
        }).UseSimulator(town.Platform);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }
}
