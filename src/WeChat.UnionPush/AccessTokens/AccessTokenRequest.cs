using System.Buffers;
using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>Asks the platform for a token, on either channel.</summary>
internal static class AccessTokenRequest
{
    /// <summary>The platform's tokens live two hours. A lifetime longer than this is not accepted.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);

    public static ApiEndpoint<AccessTokenAnswer> EndpointOf(AccessTokenChannel channel) =>
        channel == AccessTokenChannel.Classic ? AccessTokenEndpoints.ClassicToken : AccessTokenEndpoints.StableToken;

    public static async Task<AccessToken> SendAsync(
        ApiTransport transport, WeChatAppOptions app, AccessTokenChannel channel, bool forced, TimeProvider time, CancellationToken cancellationToken)
    {
        // Counted from before the call, because the token's lifetime began at some moment during it.
        var asked = time.GetUtcNow();
        var endpoint = EndpointOf(channel);
        var (query, body) = channel == AccessTokenChannel.Classic
            ? ($"grant_type=client_credential&appid={Uri.EscapeDataString(app.AppId)}&secret={Uri.EscapeDataString(app.AppSecret)}", default)
            : ((string?)null, BodyOf(app, forced));
        var answer = (AccessTokenAnswer)await transport.SendAsync(endpoint, token: null, query, body, queue: null, cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode == 0
            ? new AccessToken(answer.AccessToken!, asked.AddSeconds(Math.Min(answer.ExpiresIn, LongestLife.TotalSeconds)))
            : throw WeChatApiErrors.Create(endpoint.Path, answer.ErrorCode, answer.ErrorMessage, app.Kind);
    }

    /// <summary>Not from a pool: a token is fetched only every two hours, and the secret in the buffer must not reach other users of the pool.</summary>
    private static ReadOnlyMemory<byte> BodyOf(WeChatAppOptions app, bool forced)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(body, WireText.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("grant_type"u8, "client_credential"u8);
        writer.WriteString("appid"u8, app.AppId);
        writer.WriteString("secret"u8, app.AppSecret);
        if (forced)
        {
            writer.WriteBoolean("force_refresh"u8, true);
        }

        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenMemory;
    }
}
