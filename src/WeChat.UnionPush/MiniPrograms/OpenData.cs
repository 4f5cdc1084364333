namespace WeChat.UnionPush;

/// <summary>Decrypted open data, meant for this Mini Program.</summary>
/// <param name="OpenId">The person's openid, where the data has one.</param>
/// <param name="UnionId">The person's UnionID, where the data has one: the Mini Program is bound to an Open Platform account.</param>
/// <param name="CreatedAt">When the platform made the data, by its watermark.</param>
/// <param name="Json">The whole of it.</param>
public sealed record OpenData(string? OpenId, string? UnionId, DateTimeOffset CreatedAt, string Json)
{
    /// <summary>Says the openid only.</summary>
    public override string ToString() => OpenId ?? nameof(OpenData);
}
