namespace WeChat.UnionPush.Storage;

/// <summary>What processes share about one account's access token. Holds a secret.</summary>
public sealed record StoredAccessToken
{
    /// <summary>The token, or <see langword="null"/> when the last one was refused and no other has been fetched yet.</summary>
    public AccessToken? Token { get; init; }

    /// <summary>When <see cref="Token"/> was fetched. Together with its expiry this gives its lifetime.</summary>
    public DateTimeOffset FetchedAt { get; init; }

    /// <summary>When a new token was last forced (<c>force_refresh</c>), or <see langword="null"/> if never.</summary>
    public DateTimeOffset? ForcedAt { get; init; }

    /// <summary>How many tokens were forced on the China-time day of <see cref="ForcedAt"/>. The platform allows 20 a day.</summary>
    public int ForcedCount { get; init; }
}
