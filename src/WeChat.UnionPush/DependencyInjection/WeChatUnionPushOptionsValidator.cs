using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>Finds every wrong option at once, and names it the way configuration does.</summary>
internal sealed class WeChatUnionPushOptionsValidator : IValidateOptions<WeChatUnionPushOptions>
{
    // A call is made at most twice, before and after its token was refused, and both must lie within the ten minutes of a message id.
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(4);

    public ValidateOptionsResult Validate(string? name, WeChatUnionPushOptions options)
    {
        var registration = string.IsNullOrEmpty(name) ? "WeChat.UnionPush (default registration)" : $"WeChat.UnionPush (registration '{name}')";
        var problems = new List<string>();

        CheckApp(options.OfficialAccount, nameof(options.OfficialAccount), "Official Account (公众号)");
        CheckApp(options.MiniProgram, nameof(options.MiniProgram), "Mini Program (小程序)");
        if (!string.IsNullOrEmpty(options.OfficialAccount.AppId) && string.Equals(options.OfficialAccount.AppId, options.MiniProgram.AppId, StringComparison.Ordinal))
        {
            Add("MiniProgram:AppId", "is the same as OfficialAccount:AppId; the two are different apps with an app id each");
        }

        CheckAddress(options.ApiBaseAddress, nameof(options.ApiBaseAddress));
        for (var i = 0; i < options.FallbackAddresses.Count; i++)
        {
            CheckAddress(options.FallbackAddresses[i], $"{nameof(options.FallbackAddresses)}:{i}");
        }

        if (!Enum.IsDefined(options.AccessToken.Channel))
        {
            Add("AccessToken:Channel", $"is {options.AccessToken.Channel:D}; it is Stable or Classic");
        }

        CheckSpan(options.AccessToken.RefreshBefore, "AccessToken:RefreshBefore", TimeSpan.FromMinutes(5));
        CheckSpan(options.AccessToken.RetryDelay, "AccessToken:RetryDelay", TimeSpan.FromHours(1));
        CheckSpan(options.AccessToken.RefusalPause, "AccessToken:RefusalPause", TimeSpan.FromHours(1));
        CheckSpan(options.AccessToken.RefreshTimeout, "AccessToken:RefreshTimeout", TimeSpan.FromMinutes(1));
        CheckSpan(options.AccessToken.StoreTimeout, "AccessToken:StoreTimeout", TimeSpan.FromMinutes(1));
        CheckSpan(options.Http.AttemptTimeout, "Http:AttemptTimeout", LongestCall);
        CheckSpan(options.Http.TotalTimeout, "Http:TotalTimeout", LongestCall);
        CheckSpan(options.Http.RetryDelay, "Http:RetryDelay", TimeSpan.FromMinutes(1));
        CheckNumber(options.Http.MaxRetries, "Http:MaxRetries", 0, 20);
        CheckNumber(options.Http.MaxConnections, "Http:MaxConnections", 1, 10_000);
        CheckNumber(options.TemplateMessages.MaxPerSecond, "TemplateMessages:MaxPerSecond", 0, 1_000_000);
        CheckNumber(options.TemplateMessages.MaxConcurrent, "TemplateMessages:MaxConcurrent", 1, 10_000);
        CheckSpan(options.TemplateMessages.CatalogLifetime, "TemplateMessages:CatalogLifetime", TimeSpan.FromDays(30));
        if (!Enum.IsDefined(options.TemplateMessages.WhenValuesDoNotFit))
        {
            Add("TemplateMessages:WhenValuesDoNotFit", $"is {options.TemplateMessages.WhenValuesDoNotFit:D}; it is Reject, Trim or PassThrough");
        }

        CheckSpan(options.FollowerSync.RefreshLinkedAfter, "FollowerSync:RefreshLinkedAfter", TimeSpan.FromDays(36500));
        CheckSpan(options.FollowerSync.RefreshUnlinkedAfter, "FollowerSync:RefreshUnlinkedAfter", TimeSpan.FromDays(36500));
        CheckSpan(options.FollowerSync.LeaseDuration, "FollowerSync:LeaseDuration", TimeSpan.FromHours(1));
        CheckNumber(options.FollowerSync.ConcurrentBatches, "FollowerSync:ConcurrentBatches", 1, 64);
        CheckNumber(options.FollowerSync.DailyPageCalls, "FollowerSync:DailyPageCalls", 1, int.MaxValue);

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Add(string option, string problem) => problems.Add($"{registration}: {option} {problem}.");

        void CheckApp(WeChatAppOptions app, string section, string kind)
        {
            if (string.IsNullOrWhiteSpace(app.AppId))
            {
                Add($"{section}:AppId", $"is missing. It is the app id of the {kind}, such as wx0123456789abcdef, from 开发 → 基本配置 in its console");
            }
            else if (app.AppId.Length > 64 || app.AppId.Any(static character => !char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-')))
            {
                Add($"{section}:AppId", $"is malformed. The app id of the {kind} consists of letters and digits, such as wx0123456789abcdef");
            }

            if (string.IsNullOrWhiteSpace(app.AppSecret))
            {
                Add($"{section}:AppSecret", $"is missing. It is the AppSecret of the {kind}; keep it in user secrets, the environment or a vault");
            }
            else if (app.AppSecret.Any(static character => character is <= ' ' or > '~'))
            {
                Add($"{section}:AppSecret", "is malformed: it holds blanks or characters that no AppSecret has. Copy it again");
            }
        }

        void CheckAddress(Uri? address, string option)
        {
            if (address is null || !address.IsAbsoluteUri)
            {
                Add(option, "is no absolute address, such as https://api.weixin.qq.com");
            }
            else if (!string.Equals(address.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal) && !(string.Equals(address.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal) && address.IsLoopback))
            {
                Add(option, "is not https. Tokens and secrets travel in the address, so http is allowed on loopback only");
            }
            else if (address.Query.Length > 0 || address.Fragment.Length > 0 || address.UserInfo.Length > 0)
            {
                Add(option, "has a query, a fragment or user information; only scheme, host, port and path are used");
            }
        }

        void CheckSpan(TimeSpan value, string option, TimeSpan longest)
        {
            if (value <= TimeSpan.Zero || value > longest)
            {
                Add(option, $"is {value}; it is more than zero and at most {longest}");
            }
        }

        void CheckNumber(int value, string option, int smallest, int largest)
        {
            if (value < smallest || value > largest)
            {
                Add(option, $"is {value}; it is from {smallest} to {largest}");
            }
        }
    }
}
