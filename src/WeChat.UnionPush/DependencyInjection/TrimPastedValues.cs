using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>Takes the blanks from around what was copied from the console, the invisible ones too.</summary>
internal sealed class TrimPastedValues : IPostConfigureOptions<WeChatUnionPushOptions>
{
    public void PostConfigure(string? name, WeChatUnionPushOptions options)
    {
        foreach (var app in (WeChatAppOptions[])[options.OfficialAccount, options.MiniProgram])
        {
            app.AppId = Trim(app.AppId) ?? "";
            app.AppSecret = Trim(app.AppSecret) ?? "";
        }

        foreach (var callback in (WeChatCallbackAppOptions[])[options.Callback.OfficialAccount, options.Callback.MiniProgram])
        {
            callback.Token = Trim(callback.Token) ?? "";
            callback.EncodingAesKey = Trim(callback.EncodingAesKey);
            callback.PreviousEncodingAesKey = Trim(callback.PreviousEncodingAesKey);
        }
    }

    private static string? Trim(string? text)
    {
        var (start, end) = (0, text?.Length ?? 0);
        while (start < end && IsBlank(text![start]))
        {
            start++;
        }

        while (end > start && IsBlank(text![end - 1]))
        {
            end--;
        }

        return text?[start..end];
    }

    /// <summary>White space of any width, and the zero-width marks that pages and chats leave in what is copied from them.</summary>
    private static bool IsBlank(char character) => char.IsWhiteSpace(character) || char.IsControl(character) || character is >= '\u200B' and <= '\u200F' or '\u2060' or '\uFEFF';
}
