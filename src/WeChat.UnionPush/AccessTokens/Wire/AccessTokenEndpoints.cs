namespace WeChat.UnionPush;

/// <summary>The endpoints of tokens.</summary>
internal static class AccessTokenEndpoints
{
    public static readonly ApiEndpoint<AccessTokenAnswer> ClassicToken =
        new(HttpMethod.Get, "/cgi-bin/token", ApiRepeat.Always, static () => AccessTokenJson.Default.AccessTokenAnswer) { AnswersSecret = true };

    public static readonly ApiEndpoint<AccessTokenAnswer> StableToken =
        new(HttpMethod.Post, "/cgi-bin/stable_token", ApiRepeat.Always, static () => AccessTokenJson.Default.AccessTokenAnswer) { AnswersSecret = true };
}
