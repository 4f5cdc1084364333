using System.Collections.Concurrent;

namespace WeChat.UnionPush;

/// <summary>The accounts that this process calls for, by the platform's address and the app id, so that registrations that share one share what is the account's.</summary>
internal sealed class Accounts(TimeProvider time)
{
    private readonly ConcurrentDictionary<(Uri Platform, string AppId), Account> _accounts = new();

    public Account Get(Uri platform, string appId) => _accounts.GetOrAdd((platform, appId), static (key, time) => new Account(key.AppId, time), time);

    /// <summary>Ends the wait of all calls that have not begun.</summary>
    public void TurnAway(Func<Exception> reason)
    {
        foreach (var account in _accounts.Values)
        {
            account.TurnAway(reason);
        }
    }
}
