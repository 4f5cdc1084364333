namespace WeChat.UnionPush;

/// <summary>How access tokens are fetched and kept.</summary>
public sealed class AccessTokenOptions
{
    /// <summary>Which of the platform's two token channels is used. <see cref="AccessTokenChannel.Stable"/> by default.</summary>
    public AccessTokenChannel Channel { get; set; }

    /// <summary>
    /// How long before it expires a token is replaced, at most half its lifetime. 4 minutes by default, at most 5: the platform issues a new stable
    /// token in the old one's last five minutes, and the old one works until it expires. Up to a minute is added at random, so that machines do not all call at once.
    /// </summary>
    public TimeSpan RefreshBefore { get; set; } = TimeSpan.FromMinutes(4);

    /// <summary>How long to wait before the next try after an early replacement failed; the old token is used meanwhile. 30 seconds by default.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a refusal of the credentials (wrong secret, address not on the whitelist, frozen account) is remembered, so that a wrong
    /// setting does not cause a token call for every request. One minute by default.
    /// </summary>
    public TimeSpan RefusalPause { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long one replacement may take in total: shared store, lease and platform. 30 seconds by default, at most a minute.</summary>
    public TimeSpan RefreshTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one call of a shared store may take before the library continues without it. 2 seconds by default, at most a minute.</summary>
    public TimeSpan StoreTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
