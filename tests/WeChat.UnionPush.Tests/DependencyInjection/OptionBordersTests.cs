using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.DependencyInjection;

/// <summary>The last value of each option that is right, and the first one that is wrong.</summary>
public sealed class OptionBordersTests
{
    private const string Day = "1.00:00:00";
    private const string Hundred = "36500.00:00:00";

    /// <summary>Name, shortest and longest span.</summary>
    public static TheoryData<string, string, string> Spans => new()
    {
        { "StopTimeout", "00:00:00.0000001", "01:00:00" },
        { "AccessToken:RefreshBefore", "00:00:00.0000001", "00:05:00" },
        { "AccessToken:RetryDelay", "00:00:00.0000001", "01:00:00" },
        { "AccessToken:RefusalPause", "00:00:00.0000001", "01:00:00" },
        { "AccessToken:RefreshTimeout", "00:00:00.0000001", "00:01:00" },
        { "AccessToken:StoreTimeout", "00:00:00.0000001", "00:01:00" },
        { "Http:AttemptTimeout", "00:00:00.0000001", "00:04:00" },
        { "Http:TotalTimeout", "00:00:00.0000001", "00:04:00" },
        { "Http:RetryDelay", "00:00:00.0000001", "00:01:00" },
        { "TemplateMessages:CatalogLifetime", "00:00:00.0000001", "30.00:00:00" },
        { "Broadcasts:PollInterval", "00:00:00.0000001", "00:01:00" },
        { "Broadcasts:LeaseDuration", "00:00:01", "00:05:00" },
        { "FollowerSync:RefreshLinkedAfter", "00:00:00.0000001", Hundred },
        { "FollowerSync:RefreshUnlinkedAfter", "00:00:00.0000001", Hundred },
        { "FollowerSync:LeaseDuration", "00:00:00.0000001", "01:00:00" },
        { "FollowerSync:KeepErasuresFor", "7.00:00:00", Hundred },
        { "Receipts:KeepFor", "00:00:00.0000001", Hundred },
        { "FollowLinks:Lifetime", "00:01:00", "01:00:00" },
        { "Callback:HandlerTimeout", "00:00:00.0000001", "01:00:00" },
        { "Callback:RetryDelay", "00:00:00.0000001", "01:00:00" },
        { "Callback:KeepEventsFor", "00:05:00", Hundred },
        { "Callback:OfficialAccount:ReplayWindow", "00:00:00.0000001", Day },
    };

    /// <summary>Name, smallest and largest number.</summary>
    public static TheoryData<string, int, int> Numbers => new()
    {
        { "Http:MaxRetries", 0, 20 },
        { "Http:MaxConnections", 1, 10_000 },
        { "TemplateMessages:MaxPerSecond", 0, 1_000_000 },
        { "TemplateMessages:MaxConcurrent", 1, 10_000 },
        { "FollowerSync:ConcurrentBatches", 1, 64 },
        { "FollowerSync:DailyPageCalls", 1, int.MaxValue },
        { "Callback:MaxConcurrentHandlers", 1, 1024 },
        { "Callback:MaxBodyLength", 4096, 1 << 20 },
        { "Callback:MaxAttempts", 1, 1000 },
    };

    public static TheoryData<string, string?, bool> Texts => new()
    {
        { "OfficialAccount:AppId", new string('a', 64), true },
        { "OfficialAccount:AppId", new string('a', 65), false },
        { "OfficialAccount:AppId", "wx_01-23", true },
        { "OfficialAccount:AppId", "wx.0123", false },
        { "OfficialAccount:AppId", "gh_0123456789ab", false },
        { "MiniProgram:AppSecret", "!~", true },
        { "MiniProgram:AppSecret", "a\u007Fb", false },
        { "MiniProgram:AppSecret", "a b", false },
        { "ApiBaseAddress", "https://api2.weixin.qq.com:8443/proxy", true },
        { "ApiBaseAddress", "http://127.0.0.1:5000", true },
        { "ApiBaseAddress", "http://api2.weixin.qq.com", false },
        { "ApiBaseAddress", "https://api2.weixin.qq.com/?a=b", false },
        { "ApiBaseAddress", "https://api2.weixin.qq.com/#a", false },
        { "ApiBaseAddress", "https://user@api2.weixin.qq.com/", false },
        { "ApiBaseAddress", "/cgi-bin", false },
        { "FallbackAddresses:0", "https://sh.api.weixin.qq.com", true },
        { "FallbackAddresses:0", "https://sh.api.weixin.qq.com/#a", false },
        { "AccessToken:Channel", "1", true },
        { "AccessToken:Channel", "2", false },
        { "TemplateMessages:WhenValuesDoNotFit", "1", true },
        { "TemplateMessages:WhenValuesDoNotFit", "7", false },
        { "FollowerSync:MaxLeaverShare", "1", true },
        { "FollowerSync:MaxLeaverShare", "0.0000001", true },
        { "FollowerSync:MaxLeaverShare", "0", false },
        { "FollowerSync:MaxLeaverShare", "1.0000001", false },
        { "FollowerSync:MaxLeaverShare", "NaN", false },
        { "Callback:OfficialAccount:Token", "abc", true },
        { "Callback:OfficialAccount:Token", "ab", false },
        { "Callback:OfficialAccount:Token", new string('a', 32), true },
        { "Callback:OfficialAccount:Token", new string('a', 33), false },
        { "Callback:OfficialAccount:Token", "abc-", false },
        { "Callback:OfficialAccount:EncodingAesKey", new string('a', 42) + "-", false },
        { "Callback:OfficialAccount:EncodingAesKey", new string('a', 42), false },
        { "Callback:OfficialAccount:EncodingAesKey", new string('a', 43), true },
        { "Callback:OfficialAccount:EncodingAesKey", new string('a', 44), false },
        { "Callback:OfficialAccount:PreviousEncodingAesKey", new string('a', 43), true },
        { "Callback:OfficialAccount:PreviousEncodingAesKey", new string('a', 44), false },
        { "Callback:OfficialAccount:Mode", "3", false },
        { "Callback:OnUnsubscribe", "7", false },
    };

    [Theory, MemberData(nameof(Spans))]
    public void A_span_is_right_from_its_shortest_to_its_longest(string option, string shortest, string longest)
    {
        // Events are kept no shorter than a push may be repeated.
        var kept = ("Callback:KeepEventsFor", "2.00:00:00");
        Assert.Null(Problem(kept, (option, shortest)));
        Assert.Null(Problem(kept, (option, longest)));
        foreach (var wrong in new[] { Span(shortest) - TimeSpan.FromTicks(1), Span(longest) + TimeSpan.FromTicks(1) })
        {
            Assert.StartsWith($"WeChat.UnionPush (default registration): {option} is {wrong}", Problem(kept, (option, wrong.ToString())), StringComparison.Ordinal);
        }

        static TimeSpan Span(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture);
    }

    [Theory, MemberData(nameof(Numbers))]
    public void A_number_is_right_from_its_smallest_to_its_largest(string option, int smallest, int largest)
    {
        Assert.Null(Problem((option, $"{smallest}")));
        Assert.Null(Problem((option, $"{largest}")));
        Assert.Equal($"WeChat.UnionPush (default registration): {option} is {smallest - 1}; it is from {smallest} to {largest}.", Problem((option, $"{smallest - 1}")));
        if (largest < int.MaxValue)
        {
            Assert.NotNull(Problem((option, $"{largest + 1}")));
        }
    }

    [Theory, MemberData(nameof(Texts))]
    public void A_text_is_right_or_named(string option, string? value, bool isRight)
    {
        var problem = Problem((option, value));
        Assert.Equal(isRight, problem is null);
        Assert.True(isRight || problem!.Contains($": {option} ", StringComparison.Ordinal), problem);
    }

    [Fact]
    public void A_callback_needs_a_Token_of_one_app()
    {
        Assert.Contains(
            "Callback:OfficialAccount:Token is missing",
            Problem(("Callback:OfficialAccount:Token", null), ("Callback:OfficialAccount:EncodingAesKey", null)),
            StringComparison.Ordinal);
        Assert.Null(Problem(
            ("Callback:OfficialAccount:Token", null),
            ("Callback:OfficialAccount:EncodingAesKey", null),
            ("Callback:MiniProgram:Token", PlatformPush.Token),
            ("Callback:MiniProgram:EncodingAesKey", PlatformPush.Key)));
    }

    [Fact]
    public void A_missing_key_and_a_damaged_one_are_told_apart()
    {
        Assert.Contains("EncodingAesKey is missing", Problem(("Callback:OfficialAccount:EncodingAesKey", null)), StringComparison.Ordinal);
        Assert.Contains("EncodingAesKey is malformed", Problem(("Callback:OfficialAccount:EncodingAesKey", "a")), StringComparison.Ordinal);

        // Plain mode needs none, unless an earlier one is given.
        Assert.Null(Problem(("Callback:OfficialAccount:EncodingAesKey", null), ("Callback:OfficialAccount:Mode", "Plain")));
        Assert.Contains(
            "Callback:OfficialAccount:EncodingAesKey is missing",
            Problem(
                ("Callback:OfficialAccount:EncodingAesKey", null),
                ("Callback:OfficialAccount:Mode", "Plain"),
                ("Callback:OfficialAccount:PreviousEncodingAesKey", PlatformPush.Key)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Plain", "Plain", PlatformPush.Token, false)]
    [InlineData("Plain", "Plain", "another1", true)]
    [InlineData("Safe", "Plain", PlatformPush.Token, true)]
    [InlineData("Plain", "Safe", PlatformPush.Token, true)]
    [InlineData("Safe", "Safe", PlatformPush.Token, true)]
    public void Two_apps_need_different_Tokens_only_where_both_push_in_plain_mode(string officialAccount, string miniProgram, string token, bool isRight)
    {
        var problem = Problem(
            ("Callback:OfficialAccount:Mode", officialAccount),
            ("Callback:MiniProgram:Mode", miniProgram),
            ("Callback:MiniProgram:Token", token),
            ("Callback:MiniProgram:EncodingAesKey", PlatformPush.Key));
        Assert.Equal(isRight, problem is null);
        Assert.True(isRight || problem!.Contains(": Callback:MiniProgram:Token is the same", StringComparison.Ordinal), problem);
    }

    [Fact]
    public void Events_are_kept_as_long_as_a_push_may_be_repeated()
    {
        Assert.Null(Problem(("Callback:KeepEventsFor", "02:00:00"), ("Callback:OfficialAccount:ReplayWindow", "02:00:00")));
        var problem = Problem(("Callback:KeepEventsFor", "02:00:00"), ("Callback:OfficialAccount:ReplayWindow", "02:00:00.0000001"));
        Assert.Contains("Callback:KeepEventsFor is 02:00:00, shorter than OfficialAccount:ReplayWindow", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void No_problem_is_a_success() => Assert.True(new OptionsProblems("").Result.Succeeded);

    [Theory]
    [InlineData('\t')]
    [InlineData('\n')]
    [InlineData('\0')]
    [InlineData('\u007F')]
    [InlineData('\u00A0')]
    [InlineData('\u3000')]
    [InlineData('\u200B')]
    [InlineData('\u200D')]
    [InlineData('\u200F')]
    [InlineData('\u2060')]
    [InlineData('\uFEFF')]
    public void Blanks_that_nobody_sees_are_cut_off_pasted_values(char blank)
    {
        var options = new WeChatUnionPushOptions();
        options.OfficialAccount.AppId = $"{blank}{blank}wx1{blank}";
        options.MiniProgram.AppSecret = $"{blank}s{blank}1";
        options.Callback.MiniProgram.Token = $"{blank}{blank}";
        options.Callback.OfficialAccount.EncodingAesKey = $"k{blank}";
        new TrimPastedValues().PostConfigure("", options);
        Assert.Equal(
            ("wx1", $"s{blank}1", "", "k", null),
            (options.OfficialAccount.AppId, options.MiniProgram.AppSecret, options.Callback.MiniProgram.Token, options.Callback.OfficialAccount.EncodingAesKey,
                options.Callback.OfficialAccount.PreviousEncodingAesKey));
    }

    [Theory]
    [InlineData('\u2010')]
    [InlineData('“')]
    [InlineData('_')]
    public void Characters_that_are_seen_stay(char character)
    {
        var options = new WeChatUnionPushOptions();
        options.OfficialAccount.AppId = $"{character}wx1{character}";
        new TrimPastedValues().PostConfigure("", options);
        Assert.Equal($"{character}wx1{character}", options.OfficialAccount.AppId);
    }

    [Fact]
    public void All_stops_of_a_host_share_one_time_from_the_first_one_on()
    {
        var time = new ManualTimeProvider();
        var deadline = new StopDeadline(time);
        var limit = TimeSpan.FromSeconds(5);
        Assert.Equal(limit, deadline.Left(limit));
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(2), deadline.Left(limit));
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.Zero, deadline.Left(limit));
    }

    [Theory]
    [InlineData("http://proxy:3128", null, null)]
    [InlineData("http://me@proxy:3128", "me", "")]
    [InlineData("http://me:pass%3Aword@proxy:3128", "me", "pass:word")]
    [InlineData("http://me:pass:word@proxy:3128", "me", "pass:word")]
    public void The_address_of_a_proxy_may_carry_who_uses_it(string address, string? user, string? password)
    {
        var proxy = (WebProxy)ProxyAddress.Read(new Uri(address));
        Assert.Equal(new Uri("http://proxy:3128/"), proxy.Address);
        var credentials = (NetworkCredential?)proxy.Credentials;
        Assert.Equal((user, password), (credentials?.UserName, credentials?.Password));
    }

    [Fact]
    public void A_proxy_needs_an_absolute_address() =>
        Assert.Throws<ArgumentException>(() => ProxyAddress.Read(new Uri("proxy", UriKind.Relative)));

    [Theory]
    [InlineData("FallbackAdres", "FallbackAddresses", true)]
    [InlineData("FallbackAdre", "FallbackAddresses", false)]
    [InlineData("Htt", "Http", true)]
    [InlineData("Ht", "Http", true)]
    [InlineData("api_base-address", "ApiBaseAddress", true)]
    [InlineData("KeepFor", "Receipts:KeepFor", true)]
    public void A_mistyped_key_is_certain_up_to_a_quarter_of_its_letters(string key, string nearest, bool isCertain)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [$"WeChat:{key}"] = "1" }).Build();
        Assert.Equal(new UnknownKey(key, nearest, isCertain), Assert.Single(ConfigurationKeys.FindUnknown(configuration.GetSection("WeChat"))));
    }

    private static string? Problem(params (string Option, string? Value)[] changes)
    {
        var values = new Dictionary<string, string?>(CallbackOptionsTests.Right);
        foreach (var (option, value) in changes)
        {
            values[option] = value;
        }

        var services = new ServiceCollection();
        services.AddWeChatUnionPush(new ConfigurationBuilder().AddInMemoryCollection(values).Build()).AddCallback();
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IOptionsMonitor<WeChatUnionPushOptions>>().Get("");
            return null;
        }
        catch (OptionsValidationException exception)
        {
            return Assert.Single(exception.Failures);
        }
    }
}
