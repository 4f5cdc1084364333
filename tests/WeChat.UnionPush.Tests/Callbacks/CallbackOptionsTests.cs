using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace WeChat.UnionPush.Tests.Callbacks;

public sealed class CallbackOptionsTests
{
    private const string Marker = Secrets.Marker;

    internal static readonly Dictionary<string, string?> Right = new()
    {
        ["OfficialAccount:AppId"] = Town.OfficialAccountAppId,
        ["OfficialAccount:AppSecret"] = Secrets.OfficialAccount,
        ["MiniProgram:AppId"] = Town.MiniProgramAppId,
        ["MiniProgram:AppSecret"] = Secrets.MiniProgram,
        ["Callback:OfficialAccount:Token"] = PlatformPush.Token,
        ["Callback:OfficialAccount:EncodingAesKey"] = PlatformPush.Key,
    };

    public static TheoryData<string, string?> Wrong => new()
    {
        { "Callback:OfficialAccount:Token", "" },
        { "Callback:OfficialAccount:Token", Marker + "-with-dash" },
        { "Callback:OfficialAccount:Token", Marker + new string('a', 32) },
        { "Callback:OfficialAccount:EncodingAesKey", null },
        { "Callback:OfficialAccount:EncodingAesKey", Marker },
        { "Callback:OfficialAccount:PreviousEncodingAesKey", Marker + "+++" },
        { "Callback:OfficialAccount:Mode", "7" },
        { "Callback:OfficialAccount:ReplayWindow", "00:00:00" },
        { "Callback:MiniProgram:EncodingAesKey", Marker },
        { "Callback:OnUnsubscribe", "5" },
        { "Callback:MaxConcurrentHandlers", "0" },
        { "Callback:MaxAttempts", "0" },
        { "Callback:HandlerTimeout", "00:00:00" },
        { "Callback:RetryDelay", "-00:00:01" },
        { "Callback:KeepEventsFor", "00:04:59" },
        { "Callback:MaxBodyLength", "4095" },
        { "Callback:MaxBodyLength", "1048577" },
        { "Receipts:KeepFor", "00:00:00" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_option_is_named_with_its_registration_and_never_shown(string option, string? value)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Read("brand-b", option, value));

        Assert.Contains($"(registration 'brand-b'): {option} ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Marker, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_section_of_the_registration_is_enough()
    {
        var options = Read("", "Callback:OnUnsubscribe", "Erase");

        Assert.Equal(UnsubscribeAction.Erase, options.Callback.OnUnsubscribe);
        Assert.Equal(PlatformPush.Key, options.Callback.OfficialAccount.EncodingAesKey);
    }

    [Fact]
    public void One_Token_for_two_apps_in_plain_mode_cannot_tell_them_apart()
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Read("", choose: builder => builder.AddCallback(options =>
        {
            options.OfficialAccount.Mode = options.MiniProgram.Mode = WeChatCallbackMode.Plain;
            options.MiniProgram.Token = options.OfficialAccount.Token;
        })));

        Assert.Contains("(default registration): Callback:MiniProgram:Token is the same", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_callback_its_options_do_not_matter() =>
        Assert.NotNull(Read("", "Callback:OfficialAccount:Token", "", static _ => { }));

    private static WeChatUnionPushOptions Read(string name, string option = "Callback:MaxAttempts", string? value = "12", Action<WeChatUnionPushBuilder>? choose = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(Right) { [option] = value }).Build();
        var services = new ServiceCollection();
        var builder = services.AddWeChatUnionPush(name, configuration);
        (choose ?? (static builder => builder.AddCallback()))(builder);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<WeChatUnionPushOptions>>().Get(name);
    }
}
