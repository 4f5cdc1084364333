namespace WeChat.UnionPush;

/// <summary>The endpoint of customer service messages.</summary>
internal static class CustomerServiceEndpoints
{
    // No message has an id by which the platform would know it again, so one that may have arrived is not repeated.
    public static readonly ApiEndpoint<DoneAnswer> Send =
        new(HttpMethod.Post, "/cgi-bin/message/custom/send", ApiRepeat.WhenNotDone, static () => ApiJson.Default.DoneAnswer) { Pace = ApiPace.Messages };
}
