namespace WeChat.UnionPush;

/// <summary>What the options of a callback must be, where a registration has one.</summary>
internal static class CallbackOptionsRules
{
    private const int KeyLength = 43;
    private static readonly TimeSpan LongestKept = TimeSpan.FromDays(36500);

    public static void Check(WeChatCallbackOptions callback, OptionsProblems problems)
    {
        if (!callback.OfficialAccount.IsUsed && !callback.MiniProgram.IsUsed)
        {
            problems.Add("Callback:OfficialAccount:Token",
                "is missing. It is the Token that the console shows under 消息推送 (message push); give that of the Mini Program where only it pushes here");
        }

        CheckApp(callback.OfficialAccount, "Callback:OfficialAccount", callback.KeepEventsFor, problems);
        CheckApp(callback.MiniProgram, "Callback:MiniProgram", callback.KeepEventsFor, problems);
        if (callback is { OfficialAccount.Mode: WeChatCallbackMode.Plain, MiniProgram.Mode: WeChatCallbackMode.Plain }
            && callback.OfficialAccount.IsUsed && string.Equals(callback.OfficialAccount.Token, callback.MiniProgram.Token, StringComparison.Ordinal))
        {
            problems.Add("Callback:MiniProgram:Token",
                "is the same as OfficialAccount:Token. In plain mode nothing else tells whose push it is: choose different ones in the console, or safe mode");
        }

        problems.CheckName(callback.OnUnsubscribe, "Callback:OnUnsubscribe");
        problems.CheckNumber(callback.MaxConcurrentHandlers, "Callback:MaxConcurrentHandlers", 1, 1024);
        problems.CheckNumber(callback.MaxBodyLength, "Callback:MaxBodyLength", 4096, 1 << 20);
        problems.CheckNumber(callback.MaxAttempts, "Callback:MaxAttempts", 1, 1000);
        problems.CheckSpan(callback.HandlerTimeout, "Callback:HandlerTimeout", TimeSpan.FromHours(1));
        problems.CheckSpan(callback.RetryDelay, "Callback:RetryDelay", TimeSpan.FromHours(1));
        problems.CheckSpan(callback.KeepEventsFor, "Callback:KeepEventsFor", LongestKept);
    }

    private static void CheckApp(WeChatCallbackAppOptions app, string section, TimeSpan keepEventsFor, OptionsProblems problems)
    {
        if (!app.IsUsed)
        {
            return;
        }

        if (app.Token is not { Length: >= 3 and <= 32 } || !app.Token.All(char.IsAsciiLetterOrDigit))
        {
            problems.Add($"{section}:Token", "is malformed. A Token has 3 to 32 letters and digits, as the console shows it");
        }

        problems.CheckName(app.Mode, $"{section}:Mode");
        CheckKey(app.EncodingAesKey, $"{section}:EncodingAesKey", isNeeded: app.Mode is not WeChatCallbackMode.Plain || app.PreviousEncodingAesKey is not null, problems);
        CheckKey(app.PreviousEncodingAesKey, $"{section}:PreviousEncodingAesKey", isNeeded: false, problems);
        if (app.ReplayWindow == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        problems.CheckSpan(app.ReplayWindow, $"{section}:ReplayWindow", TimeSpan.FromDays(1));
        if (app.ReplayWindow > keepEventsFor)
        {
            problems.Add("Callback:KeepEventsFor",
                $"is {keepEventsFor}, shorter than {section["Callback:".Length..]}:ReplayWindow: a push repeated after it would be handled again");
        }
    }

    private static void CheckKey(string? key, string option, bool isNeeded, OptionsProblems problems)
    {
        if (key is null ? isNeeded : key.Length != KeyLength || !key.All(char.IsAsciiLetterOrDigit))
        {
            problems.Add(option, key is null
                ? "is missing. It is the EncodingAESKey of the console, and every mode but plain needs it"
                : "is malformed. An EncodingAESKey has 43 letters and digits, as the console shows it");
        }
    }
}
