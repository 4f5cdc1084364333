using System.Collections.Concurrent;
using WeChat.UnionPush;

namespace QuickStart;

/// <summary>The business's own way to reach somebody, after those of WeChat: an SMS to whoever left a telephone number, which here every tenth user did.</summary>
public sealed class TextMessages : IReachFallback
{
    private static readonly ConcurrentDictionary<string, bool> Numbers = new(StringComparer.Ordinal);

    /// <summary>Keeps a user's number.</summary>
    /// <param name="openId">The openid in the Mini Program.</param>
    public static void Keep(string openId) => Numbers[openId] = true;

    /// <inheritdoc/>
    public Task<bool> TrySendAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken = default) =>
        Task.FromResult(recipient.MiniProgramOpenId is { } openId && Numbers.ContainsKey(openId));
}
