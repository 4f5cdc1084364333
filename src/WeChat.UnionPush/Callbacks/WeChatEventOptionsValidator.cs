using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>Finds what is wrong with the callback of one registration, which only counts when the registration has one.</summary>
internal sealed class WeChatEventOptionsValidator(string registration) : IValidateOptions<WeChatUnionPushOptions>
{
    private const int KeyLength = 43;

    public ValidateOptionsResult Validate(string? name, WeChatUnionPushOptions options)
    {
        if (!string.Equals(name, registration, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        var problems = new List<string>();
        var callback = options.Callback;
        if (!IsUsed(callback.OfficialAccount) && !IsUsed(callback.MiniProgram))
        {
            Add("OfficialAccount:Token", "is missing. It is the Token that the console shows under 消息推送 (message push); give that of the Mini Program where only it pushes here");
        }

        CheckApp(callback.OfficialAccount, "OfficialAccount");
        CheckApp(callback.MiniProgram, "MiniProgram");
        if (callback is { OfficialAccount.Mode: WeChatCallbackMode.Plain, MiniProgram.Mode: WeChatCallbackMode.Plain }
            && IsUsed(callback.OfficialAccount) && string.Equals(callback.OfficialAccount.Token, callback.MiniProgram.Token, StringComparison.Ordinal))
        {
            Add("MiniProgram:Token", "is the same as OfficialAccount:Token. In plain mode nothing else tells whose push it is: choose different ones in the console, or safe mode");
        }

        if (!Enum.IsDefined(callback.OnUnsubscribe))
        {
            Add(nameof(callback.OnUnsubscribe), $"is {callback.OnUnsubscribe:D}; it is MarkNotFollowing or Erase");
        }

        CheckNumber(callback.MaxConcurrentHandlers, nameof(callback.MaxConcurrentHandlers), 1024);
        CheckNumber(callback.MaxAttempts, nameof(callback.MaxAttempts), 1000);
        CheckSpan(callback.HandlerTimeout, nameof(callback.HandlerTimeout), TimeSpan.FromHours(1));
        CheckSpan(callback.RetryDelay, nameof(callback.RetryDelay), TimeSpan.FromHours(1));
        CheckSpan(callback.KeepEventsFor, nameof(callback.KeepEventsFor), TimeSpan.FromDays(36500));
        CheckSpan(callback.KeepReceiptsFor, nameof(callback.KeepReceiptsFor), TimeSpan.FromDays(36500));
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Add(string option, string problem) =>
            problems.Add($"WeChat.UnionPush ({(registration.Length == 0 ? "default registration" : $"registration '{registration}'")}): Callback:{option} {problem}.");

        void CheckApp(WeChatCallbackOptions app, string section)
        {
            if (!IsUsed(app))
            {
                return;
            }

            if (app.Token is not { Length: >= 3 and <= 32 } || !app.Token.All(char.IsAsciiLetterOrDigit))
            {
                Add($"{section}:Token", "is malformed. A Token has 3 to 32 letters and digits, as the console shows it");
            }

            CheckKey(app.EncodingAesKey, $"{section}:EncodingAesKey", isNeeded: app.Mode is not WeChatCallbackMode.Plain || app.PreviousEncodingAesKey is not null);
            CheckKey(app.PreviousEncodingAesKey, $"{section}:PreviousEncodingAesKey", isNeeded: false);
            if (!Enum.IsDefined(app.Mode))
            {
                Add($"{section}:Mode", $"is {app.Mode:D}; it is Safe, Compatible or Plain");
            }

            if (app.ReplayWindow != Timeout.InfiniteTimeSpan)
            {
                CheckSpan(app.ReplayWindow, $"{section}:ReplayWindow", TimeSpan.FromDays(1));
                if (app.ReplayWindow > callback.KeepEventsFor)
                {
                    Add(nameof(callback.KeepEventsFor), $"is {callback.KeepEventsFor}, shorter than {section}:ReplayWindow: a push repeated after it would be handled again");
                }
            }
        }

        void CheckKey(string? key, string option, bool isNeeded)
        {
            if (key is null ? isNeeded : key.Length != KeyLength || !key.All(char.IsAsciiLetterOrDigit))
            {
                Add(option, key is null ? "is missing. It is the EncodingAESKey of the console, and every mode but plain needs it" : "is malformed. An EncodingAESKey has 43 letters and digits, as the console shows it");
            }
        }

        void CheckNumber(int value, string option, int largest)
        {
            if (value < 1 || value > largest)
            {
                Add(option, $"is {value}; it is from 1 to {largest}");
            }
        }

        void CheckSpan(TimeSpan value, string option, TimeSpan longest)
        {
            if (value <= TimeSpan.Zero || value > longest)
            {
                Add(option, $"is {value}; it is more than zero and at most {longest}");
            }
        }
    }

    internal static bool IsUsed(WeChatCallbackOptions app) => !string.IsNullOrEmpty(app.Token) || app.EncodingAesKey is not null;
}
