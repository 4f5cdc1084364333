namespace WeChat.UnionPush;

/// <summary>One page of an Official Account's followers, as <c>user/get</c> gives it.</summary>
/// <param name="OpenIds">Up to 10,000 openids.</param>
/// <param name="NextOpenId">Where the next page begins; given to <see cref="IFollowerSource.GetPagesAsync"/> it goes on after this page.</param>
/// <param name="Total">How many followers the account has in all, by the platform's count.</param>
public sealed record FollowerPage(IReadOnlyList<string> OpenIds, string NextOpenId, long Total);
