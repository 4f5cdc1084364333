namespace WeChat.UnionPush;

/// <summary>A call as the platform recorded it. Tokens and secrets in its texts are masked.</summary>
/// <param name="InvokedAt">When it was made.</param>
/// <param name="Duration">How long the platform took.</param>
/// <param name="Url">Address that was called.</param>
/// <param name="RequestBody">What was sent. Personal data.</param>
/// <param name="ResponseBody">What was answered. Personal data.</param>
/// <param name="ClientIp">The caller's address as the platform saw it.</param>
public sealed record ApiRequestRecord(DateTimeOffset InvokedAt, TimeSpan Duration, string Url, string RequestBody, string ResponseBody, string ClientIp)
{
    /// <summary>Says when and how long only.</summary>
    public override string ToString() => $"call at {InvokedAt:O}, {Duration.TotalMilliseconds:0} ms";
}
