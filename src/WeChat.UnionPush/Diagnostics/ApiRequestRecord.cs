namespace WeChat.UnionPush.Diagnostics;

/// <summary>A call as the platform recorded it. Tokens and secrets in its texts are masked.</summary>
/// <param name="InvokedAt">When it was made.</param>
/// <param name="Duration">How long the platform took.</param>
/// <param name="Url">Address that was called.</param>
/// <param name="RequestBody">The body that was sent. It holds personal data.</param>
/// <param name="ResponseBody">The body of the answer. It holds personal data.</param>
/// <param name="ClientIp">The caller's address as the platform saw it.</param>
public sealed record ApiRequestRecord(DateTimeOffset InvokedAt, TimeSpan Duration, string Url, string RequestBody, string ResponseBody, string ClientIp)
{
    /// <summary>Shows only the time and the duration.</summary>
    public override string ToString() => $"call at {InvokedAt:O}, {Duration.TotalMilliseconds:0} ms";
}
