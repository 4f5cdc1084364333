using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>
/// Makes options, and keeps the last good ones of each registration when a reload brings wrong ones, or another app: what the host has stored belongs to
/// the app it started with. The reason is logged once, and shown by the health check.
/// </summary>
internal sealed class LastGoodOptions(
    IEnumerable<IConfigureOptions<WeChatUnionPushOptions>> setups,
    IEnumerable<IPostConfigureOptions<WeChatUnionPushOptions>> postSetups,
    IEnumerable<IValidateOptions<WeChatUnionPushOptions>> validations,
    ILogger<LastGoodOptions> logger) : IOptionsFactory<WeChatUnionPushOptions>
{
    private readonly OptionsFactory<WeChatUnionPushOptions> _factory = new(setups, postSetups, validations);
    private readonly ConcurrentDictionary<string, WeChatUnionPushOptions> _good = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _problems = new(StringComparer.Ordinal);

    /// <summary>Why the last reload of a registration was refused; <see langword="null"/> when it was not.</summary>
    public string? ProblemOf(string name) => _problems.GetValueOrDefault(name);

    public WeChatUnionPushOptions Create(string name)
    {
        var good = _good.GetValueOrDefault(name);
        try
        {
            var made = _factory.Create(name);
            if (good is not null && FindOtherApp(good, made) is { } problem)
            {
                return Keep(name, good, problem);
            }

            _problems.TryRemove(name, out _);
            return _good[name] = made;
        }
        catch (Exception exception) when (good is not null)
        {
            return Keep(name, good, Redaction.Quote(exception.Message, Redaction.ErrorMessageLimit));
        }
    }

    private static string? FindOtherApp(WeChatUnionPushOptions good, WeChatUnionPushOptions made) =>
        Changed(good.OfficialAccount, made.OfficialAccount, nameof(good.OfficialAccount)) ?? Changed(good.MiniProgram, made.MiniProgram, nameof(good.MiniProgram));

    private static string? Changed(WeChatAppOptions good, WeChatAppOptions made, string section) =>
        string.Equals(good.AppId, made.AppId, StringComparison.Ordinal)
            ? null
            : $"{section}:AppId changed from {good.AppId} to {made.AppId}. People and tokens are stored by app id, so another app takes a restart of the host, "
                + "or a registration of its own";

    private WeChatUnionPushOptions Keep(string name, WeChatUnionPushOptions good, string problem)
    {
        var known = _problems.GetValueOrDefault(name);
        _problems[name] = problem;
        if (!string.Equals(known, problem, StringComparison.Ordinal))
        {
            Log.OptionsNotReloaded(logger, Registration.TitleOf(name), problem);
        }

        return good;
    }
}
