using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>Asks the platform for a token, on either channel.</summary>
internal static class AccessTokenRequest
{
    /// <summary>The platform's tokens live two hours; a longer life than this one is believed of no token.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);

    public static async Task<AccessToken> SendAsync(ApiTransport transport, WeChatAppOptions app, AccessTokenChannel channel, bool forced, TimeProvider time, CancellationToken cancellationToken)
    {
        // Counted from before the call: the platform's clock started somewhere in between.
        var asked = time.GetUtcNow();
        ApiEndpoint<AccessTokenAnswer> endpoint;
        AccessTokenAnswer answer;
        if (channel == AccessTokenChannel.Classic)
        {
            endpoint = Endpoints.ClassicToken;
            var query = $"grant_type=client_credential&appid={Uri.EscapeDataString(app.AppId)}&secret={Uri.EscapeDataString(app.AppSecret)}";
            answer = await transport.SendAsync(endpoint, token: null, query, body: default, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            endpoint = Endpoints.StableToken;
            var body = new PooledBuffer(512);
            Write(body, app, forced);
            answer = await transport.SendAsync(endpoint, token: null, query: null, body.WrittenMemory, cancellationToken).ConfigureAwait(false);
            body.Dispose();
        }

        if (answer.ErrorCode != 0)
        {
            throw WeChatApiErrors.Create(endpoint.Path, answer.ErrorCode, answer.ErrorMessage);
        }

        return new AccessToken(answer.AccessToken!, asked.AddSeconds(Math.Min(answer.ExpiresIn, LongestLife.TotalSeconds)));
    }

    private static void Write(PooledBuffer body, WeChatAppOptions app, bool forced)
    {
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
    }
}
