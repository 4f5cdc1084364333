using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.StandIn;

/// <summary>Pushes events to a developer's server in safe mode, as the Official Account.</summary>
public sealed class CallbackPusher : IDisposable
{
    private readonly StandInPlatform _platform;
    private readonly Uri _url;
    private readonly string _token;
    private readonly byte[] _key;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(1) };
    private int _nonce = 1_500_000_000;

    internal CallbackPusher(StandInPlatform platform, Uri url, string token, string encodingAesKey)
    {
        (_platform, _url, _token) = (platform, url, token);
        _key = Convert.FromBase64String(encodingAesKey + "=");
    }

    /// <summary>Asks whether the URL belongs to who knows the token; false when the answer is not the echo and nothing else.</summary>
    public async Task<bool> VerifyAsync(CancellationToken cancellationToken = default)
    {
        const string echo = "4375120948345356249";
        using var response = await _http.GetAsync(UrlWith(Query(Time(), Nonce()) + $"&echostr={echo}"), cancellationToken);
        return (int)response.StatusCode == 200 && await response.Content.ReadAsStringAsync(cancellationToken) == echo;
    }

    public Task FollowedAsync(Person person, string? scene = null, CancellationToken cancellationToken = default) =>
        PushAsync(person, "subscribe", scene is null ? "<EventKey><![CDATA[]]></EventKey>"
            : $"<EventKey><![CDATA[qrscene_{scene}]]></EventKey><Ticket><![CDATA[TICKET]]></Ticket>", cancellationToken: cancellationToken);

    public Task LeftAsync(Person person, CancellationToken cancellationToken = default) =>
        PushAsync(person, "unsubscribe", "<EventKey><![CDATA[]]></EventKey>", cancellationToken: cancellationToken);

    /// <param name="status">Such as <c>success</c> and <c>failed: system failed</c>.</param>
    public Task FinishedAsync(Person person, long messageId, string status, CancellationToken cancellationToken = default) =>
        PushAsync(person, "TEMPLATESENDJOBFINISH", string.Create(CultureInfo.InvariantCulture, $"<MsgID>{messageId}</MsgID><Status><![CDATA[{status}]]></Status>"),
            cancellationToken: cancellationToken);

    /// <summary>Pushes an event, as often as asked: the platform repeats what was answered too late, with the first time and nonce.</summary>
    public async Task PushAsync(Person person, string name, string fields, int times = 1, CancellationToken cancellationToken = default)
    {
        var time = Time();
        var nonce = Nonce();
        var message =
            $"<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>\n<FromUserName><![CDATA[{person.OpenId}]]></FromUserName>\n<CreateTime>{time}</CreateTime>\n"
            + $"<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[{name}]]></Event>\n{fields}\n</xml>";
        var encrypted = Encrypt(message);
        var body = $"<xml>\n    <ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>\n    <Encrypt><![CDATA[{encrypted}]]></Encrypt>\n</xml>";
        for (var i = 0; i < times; i++)
        {
            using var content = new StringContent(body, Encoding.UTF8, "text/xml");
            using var response = await _http.PostAsync(
                UrlWith($"{Query(time, nonce)}&openid={person.OpenId}&encrypt_type=aes&msg_signature={Sign(_token, time, nonce, encrypted)}"), content, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            if ((int)response.StatusCode != 200 || answer is not ("success" or ""))
            {
                _platform.Complain($"A push of {name} was answered with HTTP {(int)response.StatusCode} and \"{answer}\".");
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Sign(params string[] parts)
    {
        Array.Sort(parts, StringComparer.Ordinal);
#pragma warning disable CA5350 // the platform signs with SHA-1
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(parts))));
#pragma warning restore CA5350
    }

    private Uri UrlWith(string query) => new($"{_url}?{query}");

    private string Query(string time, string nonce) => $"signature={Sign(_token, time, nonce)}&timestamp={time}&nonce={nonce}";

    private string Time() => _platform.Ledger.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private string Nonce() => Interlocked.Increment(ref _nonce).ToString(CultureInfo.InvariantCulture);

    /// <summary>16 random bytes, the length, the message, the appid; filled up to whole blocks of 32 bytes, which no framework does by itself.</summary>
    private string Encrypt(string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
        byte[] plain = [.. RandomNumberGenerator.GetBytes(16), .. length, .. text, .. Encoding.UTF8.GetBytes(Ledger.OfficialAccountAppId)];
        var padding = 32 - (plain.Length % 32);
        using var aes = Aes.Create();
        aes.Key = _key;
        return Convert.ToBase64String(aes.EncryptCbc([.. plain, .. Enumerable.Repeat((byte)padding, padding)], _key.AsSpan(0, 16), PaddingMode.None));
    }
}
