using System.Buffers;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace WeChat.UnionPush.Bare;

/// <summary>
/// The calls of the flow, written by hand over an <see cref="HttpClient"/> with only what they need: no retry, no token renewal, no pace, no telemetry. They
/// are as lean as such code can be: addresses are made once, and answers are read in the way that allocates least. Bodies are bytes, because
/// the platform answers chunked ones (and so <c>PostAsJsonAsync</c>) with 412.
/// </summary>
internal sealed class BareClient(HttpClient client, Uri address, string token)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly Uri _sendUri = new(address, $"cgi-bin/message/template/send?access_token={token}");
    private readonly Uri _batchUri = new(address, $"cgi-bin/user/info/batchget?access_token={token}");
    private readonly Uri _pageUri = new(address, $"cgi-bin/user/get?access_token={token}");

    /// <summary>An <see cref="HttpClient"/> whose connections are kept as the library's are.</summary>
    public static HttpClient CreateHttpClient(int connections) =>
        new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), MaxConnectionsPerServer = connections });

    public static async Task<string> GetTokenAsync(HttpClient client, Uri address, string appId, string secret)
    {
        var uri = new Uri(address, $"cgi-bin/token?grant_type=client_credential&appid={appId}&secret={secret}");
        var answer = await client.GetFromJsonAsync(uri, BareJson.Default.BareTokenAnswer);
        return answer?.AccessToken ?? throw new InvalidOperationException("No token.");
    }

    public async Task<BareSendAnswer> SendAsync(string openId, BareMessage message)
    {
        using var content = Content(message with { ToUser = openId, ClientMessageId = Guid.NewGuid().ToString("N") }, BareJson.Unescaped.BareMessage);
        using var request = new HttpRequestMessage(HttpMethod.Post, _sendUri) { Content = content };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();

        // Into a pooled buffer: an answer is small, and its length is announced.
        var length = (int)(response.Content.Headers.ContentLength ?? throw new InvalidOperationException("No length."));
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(buffer.AsMemory(0, length));
            var answer = JsonSerializer.Deserialize(buffer.AsSpan(0, length), BareJson.Default.BareSendAnswer);
            return answer is { ErrorCode: 0 } ? answer : throw new InvalidOperationException($"{answer?.ErrorCode} {answer?.ErrorMessage}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async Task<BarePage> GetPageAsync(string nextOpenId)
    {
        var uri = nextOpenId.Length == 0 ? _pageUri : new Uri($"{_pageUri}&next_openid={nextOpenId}");
        return await client.GetFromJsonAsync(uri, BareJson.Default.BarePage) ?? throw new InvalidOperationException("No page.");
    }

    public async Task<List<BareFollower>> GetBatchAsync(string[] openIds)
    {
        var entries = new BareBatchEntry[openIds.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new BareBatchEntry(openIds[i], "zh_CN");
        }

        using var content = Content(new BareBatchRequest(entries), BareJson.Default.BareBatchRequest);
        using var request = new HttpRequestMessage(HttpMethod.Post, _batchUri) { Content = content };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        var batch = await response.Content.ReadFromJsonAsync(BareJson.Default.BareBatch) ?? throw new InvalidOperationException("No batch.");
        return batch.Followers;
    }

    private static ByteArrayContent Content<T>(T body, JsonTypeInfo<T> type) =>
        new(JsonSerializer.SerializeToUtf8Bytes(body, type)) { Headers = { ContentType = Json } };
}
