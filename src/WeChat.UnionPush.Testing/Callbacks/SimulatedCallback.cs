using System.Net.Http.Headers;
using System.Text;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// What an account's console says about message push (消息推送): where events go, and how they are signed and encrypted; and what goes wrong with them on
/// the way. Switched on with <see cref="SimulatedOfficialAccount.Callback"/> or <see cref="SimulatedMiniProgram.Callback"/>.
/// </summary>
/// <example>
/// <code>
/// account.Callback = new SimulatedCallback("token", new Uri("http://localhost/wechat/callback"), host.GetTestClient())
/// {
///     Mode = SimulatedCallbackMode.Safe,
///     EncodingAesKey = key,
///     DuplicateProbability = 0.1,
/// };
/// person.Follow(account);
/// await platform.Callbacks.SettleAsync();
/// </code>
/// </example>
public sealed class SimulatedCallback
{
    private readonly Func<string, ReadOnlyMemory<byte>, CancellationToken, Task<(int Status, string Body)>> _receiver;
    private readonly double _duplicateProbability;
    private readonly double _reorderProbability;
    private readonly (TimeSpan From, TimeSpan To) _delay;
    private readonly string? _encodingAesKey;

    /// <summary>Pushes to a URL.</summary>
    /// <param name="token">The token (令牌) that signatures are made with.</param>
    /// <param name="address">The URL; it may have a query of its own.</param>
    /// <param name="http">What sends: an <see cref="HttpClient"/> of the host, or of ASP.NET Core's test server. It is not disposed.</param>
    public SimulatedCallback(string token, Uri address, HttpMessageInvoker http)
        : this(token, ReceiverAt(address, http)) => Address = address;

    /// <summary>Pushes to a method.</summary>
    /// <param name="token">The token (令牌) that signatures are made with.</param>
    /// <param name="receiver">
    /// Gets the query without its question mark and the bytes of the body, and gives HTTP status and body. An empty body stands for the GET by which
    /// the console checks the URL (<see cref="SimulatedCallbacks.VerifyAsync"/>). Called from many threads at once.
    /// </param>
    public SimulatedCallback(string token, Func<string, ReadOnlyMemory<byte>, CancellationToken, Task<(int Status, string Body)>> receiver)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(token);
        ArgumentNullException.ThrowIfNull(receiver);
        Token = token;
        _receiver = receiver;
    }

    /// <summary>The token that signatures are made with.</summary>
    public string Token { get; }

    /// <summary>How bodies are protected. Plain by default.</summary>
    public SimulatedCallbackMode Mode { get; init; }

    /// <summary>
    /// The key for <see cref="SimulatedCallbackMode.Compatible"/> and <see cref="SimulatedCallbackMode.Safe"/> (EncodingAESKey): 43 letters and
    /// digits.
    /// </summary>
    /// <exception cref="ArgumentException">It is no such key.</exception>
    public string? EncodingAesKey
    {
        get => _encodingAesKey;
        init => _encodingAesKey = value is null || PushCipher.IsKey(value)
            ? value
            : throw new ArgumentException("An EncodingAESKey has 43 letters and digits.", nameof(value));
    }

    /// <summary>Whether bodies are JSON instead of XML, which a Mini Program may choose. <see langword="false"/> by default.</summary>
    public bool UsesJson { get; init; }

    /// <summary>How probable it is that a push comes once more, the same in every byte, whatever the first one is answered. 0 by default.</summary>
    public double DuplicateProbability
    {
        get => _duplicateProbability;
        init => _duplicateProbability = ThrowIfNoProbability(value);
    }

    /// <summary>
    /// How probable it is that an event is kept back until a later one has been sent off (or until somebody waits for the last one). 0 by default.
    /// With <see cref="SimulatedCallbacks.Concurrency"/> above 1, events also overtake each other by themselves.
    /// </summary>
    public double ReorderProbability
    {
        get => _reorderProbability;
        init => _reorderProbability = ThrowIfNoProbability(value);
    }

    /// <summary>How long after it happened an event is pushed, by the platform's clock: each one anything between the two. Zero by default.</summary>
    public (TimeSpan From, TimeSpan To) Delay
    {
        get => _delay;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value.From, TimeSpan.Zero, nameof(value));
            ArgumentOutOfRangeException.ThrowIfLessThan(value.To, value.From, nameof(value));
            _delay = value;
        }
    }

    /// <summary>The URL, or null when pushes go to a method.</summary>
    internal Uri? Address { get; }

    internal Task<(int Status, string Body)> SendAsync(string query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        _receiver(query, body, cancellationToken);

    internal void ThrowIfUnfit(bool isOfficialAccount, string name)
    {
        if (Mode != SimulatedCallbackMode.Plain && EncodingAesKey is null)
        {
            throw new ArgumentException($"Mode {Mode} needs an {nameof(EncodingAesKey)}.", name);
        }

        if (UsesJson && isOfficialAccount)
        {
            throw new ArgumentException("The platform pushes XML to Official Accounts; only Mini Programs may choose JSON.", name);
        }
    }

    private static double ThrowIfNoProbability(double value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1);
        return value;
    }

    private static Func<string, ReadOnlyMemory<byte>, CancellationToken, Task<(int Status, string Body)>> ReceiverAt(Uri address, HttpMessageInvoker http)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(http);
        var prefix = address.AbsoluteUri + (address.Query.Length == 0 ? "?" : "&");
        return (query, body, cancellationToken) => SendAsync(http, new Uri(prefix + query), body, cancellationToken);
    }

    private static async Task<(int Status, string Body)> SendAsync(
        HttpMessageInvoker http, Uri address, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(body.IsEmpty ? HttpMethod.Get : HttpMethod.Post, address);
        if (!body.IsEmpty)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(body.Span[0] == (byte)'{' ? "application/json" : "text/xml");
        }

        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return ((int)response.StatusCode, Encoding.UTF8.GetString(answer));
    }
}
