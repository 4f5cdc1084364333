using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>Stands where the platform's token call stands: counts, and answers what the test says; token-1, token-2, … where it says nothing.</summary>
internal sealed class TokenDesk(ManualTimeProvider time)
{
    private int _calls;
    private int _forced;

    public int Calls => Volatile.Read(ref _calls);

    public int Forced => Volatile.Read(ref _forced);

    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(2);

    /// <summary>What the call with that number, from 1, does instead.</summary>
    public Func<int, bool, CancellationToken, Task<AccessToken>>? Answer { get; set; }

    public AccessToken Token(string name) => new($"token-{name}", time.GetUtcNow() + Lifetime);

    public Task<AccessToken> RequestAsync(bool forced, CancellationToken cancellationToken)
    {
        var call = Interlocked.Increment(ref _calls);
        if (forced)
        {
            Interlocked.Increment(ref _forced);
        }

        return Answer?.Invoke(call, forced, cancellationToken) ?? Task.FromResult(Token($"{call}"));
    }
}
