using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>Finds every wrong option at once.</summary>
internal sealed class WeChatUnionPushOptionsValidator(Registrations registrations) : IValidateOptions<WeChatUnionPushOptions>
{
    // A call is made at most twice, before and after its token was refused, and both must lie within the ten minutes of a message id.
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestRefresh = TimeSpan.FromDays(36500);

    public ValidateOptionsResult Validate(string? name, WeChatUnionPushOptions options)
    {
        var problems = new OptionsProblems(name);
        CheckApps(options, problems);
        CheckAddress(options.ApiBaseAddress, nameof(options.ApiBaseAddress), problems);
        for (var i = 0; i < options.FallbackAddresses.Count; i++)
        {
            CheckAddress(options.FallbackAddresses[i], $"{nameof(options.FallbackAddresses)}:{i}", problems);
        }

        CheckTokens(options.AccessToken, problems);
        problems.CheckSpan(options.StopTimeout, nameof(options.StopTimeout), TimeSpan.FromHours(1));
        CheckHttp(options.Http, problems);
        CheckMessages(options.TemplateMessages, problems);
        CheckSync(options.FollowerSync, problems);
        problems.CheckSpan(options.Receipts.KeepFor, "Receipts:KeepFor", LongestRefresh);
        CheckBroadcasts(options.Broadcasts, problems);
        if (options.FollowLinks.Lifetime < TimeSpan.FromMinutes(1) || options.FollowLinks.Lifetime > TimeSpan.FromHours(1))
        {
            problems.Add("FollowLinks:Lifetime", $"is {options.FollowLinks.Lifetime}; it is from 1 minute to 1 hour, for a code that lives long is scanned by others");
        }

        if (registrations.Of(name ?? "")?.HasCallback == true)
        {
            CallbackOptionsRules.Check(options.Callback, problems);
        }

        return problems.Result;
    }

    private static void CheckApps(WeChatUnionPushOptions options, OptionsProblems problems)
    {
        CheckApp(options.OfficialAccount, nameof(options.OfficialAccount), "Official Account (公众号)", problems);
        CheckApp(options.MiniProgram, nameof(options.MiniProgram), "Mini Program (小程序)", problems);
        if (!string.IsNullOrEmpty(options.OfficialAccount.AppId) && string.Equals(options.OfficialAccount.AppId, options.MiniProgram.AppId, StringComparison.Ordinal))
        {
            problems.Add("MiniProgram:AppId", "is the same as OfficialAccount:AppId; the two are different apps with an app id each");
        }
    }

    private static void CheckApp(WeChatAppOptions app, string section, string kind, OptionsProblems problems)
    {
        if (string.IsNullOrWhiteSpace(app.AppId))
        {
            problems.Add($"{section}:AppId", $"is missing. It is the app id of the {kind}, such as wx0123456789abcdef, from 开发 → 基本配置 in its console");
        }
        else if (app.AppId.StartsWith("gh_", StringComparison.OrdinalIgnoreCase))
        {
            problems.Add($"{section}:AppId",
                $"is {Redaction.Quote(app.AppId)}, the original id (原始ID) of the {kind}. The app id (AppID) begins with wx; the console shows it under 开发 → 基本配置");
        }
        else if (app.AppId.Length > 64 || app.AppId.Any(static character => !char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-')))
        {
            problems.Add($"{section}:AppId", $"is malformed. The app id of the {kind} consists of letters and digits, such as wx0123456789abcdef");
        }

        if (string.IsNullOrWhiteSpace(app.AppSecret))
        {
            problems.Add($"{section}:AppSecret", $"is missing. It is the AppSecret of the {kind}; keep it in user secrets, the environment or a vault");
        }
        else if (app.AppSecret.Any(static character => character is <= ' ' or > '~'))
        {
            problems.Add($"{section}:AppSecret", "is malformed: it holds blanks or characters that no AppSecret has. Copy it again");
        }
    }

    private static void CheckAddress(Uri? address, string option, OptionsProblems problems)
    {
        if (address is null || !address.IsAbsoluteUri)
        {
            problems.Add(option, "is no absolute address, such as https://api.weixin.qq.com");
        }
        else if (!Is(address, Uri.UriSchemeHttps) && !(Is(address, Uri.UriSchemeHttp) && address.IsLoopback))
        {
            problems.Add(option, "is not https. Tokens and secrets travel in the address, so http is allowed on loopback only");
        }
        else if (address.Query.Length > 0 || address.Fragment.Length > 0 || address.UserInfo.Length > 0)
        {
            problems.Add(option, "has a query, a fragment or user information; only scheme, host, port and path are used");
        }
    }

    private static bool Is(Uri address, string scheme) => string.Equals(address.Scheme, scheme, StringComparison.Ordinal);

    private static void CheckTokens(AccessTokenOptions tokens, OptionsProblems problems)
    {
        problems.CheckName(tokens.Channel, "AccessToken:Channel");
        problems.CheckSpan(tokens.RefreshBefore, "AccessToken:RefreshBefore", TimeSpan.FromMinutes(5));
        problems.CheckSpan(tokens.RetryDelay, "AccessToken:RetryDelay", TimeSpan.FromHours(1));
        problems.CheckSpan(tokens.RefusalPause, "AccessToken:RefusalPause", TimeSpan.FromHours(1));
        problems.CheckSpan(tokens.RefreshTimeout, "AccessToken:RefreshTimeout", TimeSpan.FromMinutes(1));
        problems.CheckSpan(tokens.StoreTimeout, "AccessToken:StoreTimeout", TimeSpan.FromMinutes(1));
    }

    private static void CheckHttp(WeChatHttpOptions http, OptionsProblems problems)
    {
        problems.CheckSpan(http.AttemptTimeout, "Http:AttemptTimeout", LongestCall);
        problems.CheckSpan(http.TotalTimeout, "Http:TotalTimeout", LongestCall);
        problems.CheckSpan(http.RetryDelay, "Http:RetryDelay", TimeSpan.FromMinutes(1));
        problems.CheckNumber(http.MaxRetries, "Http:MaxRetries", 0, 20);
        problems.CheckNumber(http.MaxConnections, "Http:MaxConnections", 1, 10_000);
    }

    private static void CheckMessages(TemplateMessageOptions messages, OptionsProblems problems)
    {
        problems.CheckNumber(messages.MaxPerSecond, "TemplateMessages:MaxPerSecond", 0, 1_000_000);
        problems.CheckNumber(messages.MaxConcurrent, "TemplateMessages:MaxConcurrent", 1, 10_000);
        problems.CheckSpan(messages.CatalogLifetime, "TemplateMessages:CatalogLifetime", TimeSpan.FromDays(30));
        problems.CheckName(messages.WhenValuesDoNotFit, "TemplateMessages:WhenValuesDoNotFit");
    }

    private static void CheckBroadcasts(BroadcastOptions broadcasts, OptionsProblems problems)
    {
        problems.CheckSpan(broadcasts.PollInterval, "Broadcasts:PollInterval", TimeSpan.FromMinutes(1));
        if (broadcasts.LeaseDuration < TimeSpan.FromSeconds(1) || broadcasts.LeaseDuration > LongestLease)
        {
            problems.Add("Broadcasts:LeaseDuration", $"is {broadcasts.LeaseDuration}; it is from 1 second to 5 minutes");
        }
    }

    private static void CheckSync(FollowerSyncOptions sync, OptionsProblems problems)
    {
        problems.CheckSpan(sync.RefreshLinkedAfter, "FollowerSync:RefreshLinkedAfter", LongestRefresh);
        problems.CheckSpan(sync.RefreshUnlinkedAfter, "FollowerSync:RefreshUnlinkedAfter", LongestRefresh);
        problems.CheckSpan(sync.LeaseDuration, "FollowerSync:LeaseDuration", TimeSpan.FromHours(1));
        if (sync.MaxLeaverShare is not (> 0 and <= 1))
        {
            problems.Add("FollowerSync:MaxLeaverShare", $"is {sync.MaxLeaverShare}; it is more than 0 and at most 1, such as 0.05");
        }

        if (sync.KeepErasuresFor < TimeSpan.FromDays(7) || sync.KeepErasuresFor > LongestRefresh)
        {
            problems.Add("FollowerSync:KeepErasuresFor", $"is {sync.KeepErasuresFor}; it is at least 7 days, longer than any walk takes, and at most 36500");
        }

        problems.CheckNumber(sync.ConcurrentBatches, "FollowerSync:ConcurrentBatches", 1, 64);
        problems.CheckNumber(sync.DailyPageCalls, "FollowerSync:DailyPageCalls", 1, int.MaxValue);
    }
}
