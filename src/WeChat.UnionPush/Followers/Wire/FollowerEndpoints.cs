namespace WeChat.UnionPush;

/// <summary>The follower calls.</summary>
internal static class FollowerEndpoints
{
    public static readonly ApiEndpoint<FollowerPageAnswer> UserGet =
        new(HttpMethod.Get, "/cgi-bin/user/get", ApiRepeat.Always, static () => FollowerJson.Default.FollowerPageAnswer);

    public static readonly ApiEndpoint<FollowerAnswer> UserInfo = new(HttpMethod.Get, "/cgi-bin/user/info", ApiRepeat.Always, static () => FollowerJson.Default.FollowerAnswer);

    public static readonly ApiEndpoint<FollowerBatchAnswer> UserInfoBatch =
        new(HttpMethod.Post, "/cgi-bin/user/info/batchget", ApiRepeat.Always, static () => FollowerJson.Default.FollowerBatchAnswer) { BodySize = 64 * FollowerSource.BatchSize };
}
