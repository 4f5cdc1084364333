using System.Globalization;
using System.Net;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// A fault of the simulated platform or of the connection to it: what happens, to which calls, and how often. It is described here and added
/// with <see cref="SimulatedFaults.Add"/>.
/// </summary>
/// <remarks>
/// <para>Without further conditions a fault applies to every call of every API. <see cref="On"/>, <see cref="Above"/>, <see cref="When"/>, <see cref="After"/>,
/// <see cref="Every"/>, <see cref="WithProbability"/> and <see cref="Times"/> narrow it, in that order: of the calls of that API for which the
/// conditions hold, the first ones are skipped, then each nth one is picked, then the probability decides, and the fault strikes at most the given number of times.
/// Each method returns a new description and leaves the old one unchanged.</para>
/// <para>The random numbers of each added fault depend on the platform's seed, on how many faults were added before it and on the number of its calls so far, so
/// a test that calls in the same order gets its faults in the same places.</para>
/// </remarks>
/// <example>
/// <code>
/// var busy = platform.Faults.Add(SimulatedFault.Busy().On("/cgi-bin/message/template/send").WithProbability(0.1));
/// platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().Times(1));
/// platform.Faults.Add(SimulatedFault.TokensTaken(account.AccessTokens).Every(100));
/// </code>
/// </example>
public sealed class SimulatedFault
{
    private readonly Gate _gate = new();
    private readonly string _name;
    private string? _path;
    private Func<SimulatedCall, bool>? _condition;
    private int _borne;
    private long _spared;
    private long _period = 1;
    private double _probability = 1;
    private long _most = long.MaxValue;
    private ulong? _die;
    private long _calls;
    private long _strikes;

    private SimulatedFault(string name) => _name = name;

    private SimulatedFault(SimulatedFault other)
    {
        _name = other._name;
        (_path, _condition, _borne) = (other._path, other._condition, other._borne);
        (_spared, _period, _probability, _most) = (other._spared, other._period, other._probability, other._most);
        (Failure, Spoil, IsProcessed, Latencies, Aside) = (other.Failure, other.Spoil, other.IsProcessed, other.Latencies, other.Aside);
    }

    /// <summary>How many times it has struck since it was added.</summary>
    public long Strikes
    {
        get
        {
            lock (_gate)
            {
                return _strikes;
            }
        }
    }

    /// <summary>What is thrown instead of sending the call, or null.</summary>
    internal Func<Uri, Exception>? Failure { get; private init; }

    /// <summary>How the answer is changed, or null.</summary>
    internal Func<Call, Answer, Answer>? Spoil { get; private init; }

    /// <summary>Whether a call whose answer is changed is carried out.</summary>
    internal bool IsProcessed { get; private init; }

    /// <summary>The minimum and maximum of the additional latency, or null.</summary>
    internal (TimeSpan From, TimeSpan To)? Latencies { get; private init; }

    /// <summary>What happens in addition to the call, or null.</summary>
    internal Action? Aside { get; private init; }

    /// <summary>The platform is busy: <c>-1</c>, <c>system error</c>.</summary>
    public static SimulatedFault Busy() => Error(-1);

    /// <summary>An error of the platform, as HTTP 200 with a <c>rid</c>. The call is not carried out.</summary>
    /// <param name="code">The <c>errcode</c>; any but 0.</param>
    /// <param name="text">The <c>errmsg</c> without the <c>rid</c>; by default the platform's text for the code.</param>
    public static SimulatedFault Error(int code, string? text = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(code);
        return new(string.Create(CultureInfo.InvariantCulture, $"error {code}")) { Spoil = (call, _) => call.Refuse(code, text) };
    }

    /// <summary>An HTML page from a gateway in between. The call is not carried out, unless <see cref="AfterProcessing"/> says so.</summary>
    /// <param name="status">The HTTP status: 502 by default; 504 occurs too.</param>
    public static SimulatedFault Gateway(HttpStatusCode status = HttpStatusCode.BadGateway) =>
        new(string.Create(CultureInfo.InvariantCulture, $"gateway {(int)status}")) { Spoil = (_, _) => Spoiler.GatewayPage(status) };

    /// <summary>
    /// The answer takes longer, by the platform's clock, than <see cref="SimulatedPlatform.Latency"/> says. The call is carried out at once, and
    /// other faults can still strike it.
    /// </summary>
    /// <param name="latency">How much longer.</param>
    public static SimulatedFault Latency(TimeSpan latency) => Latency(latency, latency);

    /// <summary>The answer takes longer, each time by a different amount; otherwise like <see cref="Latency(TimeSpan)"/>.</summary>
    /// <param name="from">The minimum.</param>
    /// <param name="to">The maximum.</param>
    public static SimulatedFault Latency(TimeSpan from, TimeSpan to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        return new("latency") { Latencies = (from, to) };
    }

    /// <summary>
    /// The connection is refused: an <see cref="HttpRequestException"/> with <see cref="HttpRequestError.ConnectionError"/>.
    /// Nothing is sent.
    /// </summary>
    public static SimulatedFault ConnectionRefused() => new("connection refused") { Failure = NetworkErrors.ConnectionRefused };

    /// <summary>
    /// The host name cannot be resolved: an <see cref="HttpRequestException"/> with <see cref="HttpRequestError.NameResolutionError"/>. Nothing is sent.
    /// </summary>
    public static SimulatedFault NameNotResolved() => new("name not resolved") { Failure = NetworkErrors.NameNotResolved };

    /// <summary>
    /// The other side closes the connection without an answer: an <see cref="HttpRequestException"/> with
    /// <see cref="HttpRequestError.ResponseEnded"/>. The call is not carried out, unless <see cref="AfterProcessing"/> says so.
    /// </summary>
    /// <remarks>On a real network, .NET's handler itself retries a request without content; that is not simulated.</remarks>
    /// <param name="inBody"><see langword="true"/> to send the head and the first half of the body before; the call is carried out then.</param>
    public static SimulatedFault ConnectionClosed(bool inBody = false) => BrokenOff("connection closed", inBody, NetworkErrors.Closed);

    /// <summary>
    /// The connection is reset: an <see cref="HttpRequestException"/> around an <see cref="IOException"/> around a
    /// <see cref="System.Net.Sockets.SocketException"/>. The call is not carried out, unless <see cref="AfterProcessing"/> says so.
    /// </summary>
    /// <param name="inBody"><see langword="true"/> to send the head and the first half of the body before; the call is carried out then.</param>
    public static SimulatedFault ConnectionReset(bool inBody = false) => BrokenOff("connection reset", inBody, NetworkErrors.Reset);

    /// <summary>
    /// The answer never comes: the caller waits until it gives up. The call is not carried out, unless <see cref="AfterProcessing"/> says so.
    /// </summary>
    public static SimulatedFault NoAnswer() => new("no answer") { Spoil = static (_, answer) => answer with { NeverComes = true } };

    /// <summary>The answer has no body.</summary>
    public static SimulatedFault EmptyBody() => Spoiled("empty body", static _ => []);

    /// <summary>The answer's body stops halfway, although its Content-Length is right for what there is.</summary>
    public static SimulatedFault TruncatedBody() => Spoiled("truncated body", static body => body[..(body.Length / 2)]);

    /// <summary>The answer's body begins with a byte order mark.</summary>
    public static SimulatedFault ByteOrderMark() => Spoiled("byte order mark", static body => [0xEF, 0xBB, 0xBF, .. body]);

    /// <summary>
    /// The answer has bytes that are not UTF-8, in the free texts it has (<c>errmsg</c>, <c>remark</c> and the like) or in one that is added; never
    /// in an id or a token.
    /// </summary>
    public static SimulatedFault InvalidUtf8() => Spoiled("invalid UTF-8", Spoiler.WithInvalidUtf8);

    /// <summary>The answer has raw control characters, in the free texts it has or in one that is added; never in an id or a token.</summary>
    public static SimulatedFault ControlCharacters() => Spoiled("control characters", Spoiler.WithControlCharacters);

    /// <summary>All numbers of the answer come as text, such as <c>"errcode":"0"</c>.</summary>
    public static SimulatedFault NumbersAsText() => Spoiled("numbers as text", Spoiler.WithNumbersAsText);

    /// <summary>
    /// The answer has another Content-Type, such as <c>text/html</c> or <c>application/json; charset=utf8</c>, a name that .NET does not know.
    /// </summary>
    /// <param name="contentType">The header's value, valid or not.</param>
    public static SimulatedFault ContentType(string contentType)
    {
        ArgumentNullException.ThrowIfNull(contentType);
        return new("content type") { IsProcessed = true, Spoil = (_, answer) => answer with { ContentType = contentType } };
    }

    /// <summary>The answer has an empty array where an object should be.</summary>
    /// <param name="field">The field of the answer that should be an object, such as <c>data</c>; the whole answer when left out.</param>
    public static SimulatedFault ArrayForObject(string? field = null) => Spoiled("array for object", body => Spoiler.WithArray(body, field));

    /// <summary>Fields are missing in the answer.</summary>
    /// <param name="fields">The names of fields of the whole answer, such as <c>msgid</c>; all of them when none is named.</param>
    public static SimulatedFault MissingFields(params string[] fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return Spoiled("missing fields", body => Spoiler.WithoutFields(body, fields));
    }

    /// <summary>The answer has any other body.</summary>
    /// <param name="rewrite">Makes it from the correct body. It must be thread-safe.</param>
    public static SimulatedFault Body(Func<byte[], byte[]> rewrite)
    {
        ArgumentNullException.ThrowIfNull(rewrite);
        return Spoiled("rewritten body", rewrite);
    }

    /// <summary>
    /// A second instance fetches new tokens just before the call is carried out, as <see cref="SimulatedAccessTokens.Replace"/> does. The call itself
    /// goes on, and other faults can still strike it.
    /// </summary>
    /// <param name="tokens">The account's tokens.</param>
    /// <param name="overlap">How long the old tokens still work: zero by default, five minutes for the classic overlap.</param>
    public static SimulatedFault TokensTaken(SimulatedAccessTokens tokens, TimeSpan overlap = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(overlap, TimeSpan.Zero);
        return new("tokens taken") { Aside = () => tokens.Replace(overlap) };
    }

    /// <summary>Strikes the calls of one API only.</summary>
    /// <param name="path">The API, such as <c>/cgi-bin/message/template/send</c>.</param>
    /// <exception cref="ArgumentException">The simulated platform has no such API.</exception>
    public SimulatedFault On(string path)
    {
        SimulatedPlatform.ThrowIfUnknown(path);
        return new(this) { _path = path };
    }

    /// <summary>Strikes only calls that fulfil a condition, such as those for one openid.</summary>
    /// <param name="condition">The condition. It must be thread-safe.</param>
    public SimulatedFault When(Func<SimulatedCall, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return new(this) { _condition = condition };
    }

    /// <summary>
    /// Strikes only calls above a number of concurrent calls of one API: calls that arrive when that many are already under way, including latency and gates.
    /// The real platform answers <c>-1</c> to several hundred at once.
    /// </summary>
    /// <param name="atOnce">How many are allowed.</param>
    public SimulatedFault Above(int atOnce)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(atOnce);
        return new(this) { _borne = atOnce };
    }

    /// <summary>Skips the first calls after it is added. <c>After(4).Times(1)</c> strikes the fifth.</summary>
    /// <param name="calls">How many.</param>
    public SimulatedFault After(long calls)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(calls);
        return new(this) { _spared = calls };
    }

    /// <summary>Strikes each nth call.</summary>
    /// <param name="calls">n; 1 for all of them.</param>
    public SimulatedFault Every(long calls)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(calls, 1);
        return new(this) { _period = calls };
    }

    /// <summary>Strikes with a probability.</summary>
    /// <param name="probability">From 0 to 1.</param>
    public SimulatedFault WithProbability(double probability)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(probability, 1);
        return new(this) { _probability = probability };
    }

    /// <summary>Strikes at most that many times. It stays in the list afterwards, with its count.</summary>
    /// <param name="count">How often at most.</param>
    public SimulatedFault Times(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new(this) { _most = count };
    }

    /// <summary>The call is not carried out: the platform's state stays as it was. A changed body is then based on a <c>-1</c> answer.</summary>
    /// <exception cref="InvalidOperationException">The fault leaves the answer as it is, or nothing is sent anyway.</exception>
    public SimulatedFault BeforeProcessing() => Processed(false);

    /// <summary>The call is still carried out and counted; only its answer is wrong.</summary>
    /// <exception cref="InvalidOperationException">The fault leaves the answer as it is, or nothing is sent.</exception>
    public SimulatedFault AfterProcessing() => Processed(true);

    /// <summary>What it does, where, and how many times it has struck.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_name} on {_path ?? "every API"}: {Strikes} strikes");

    internal void Declare(ulong die)
    {
        lock (_gate)
        {
            _die = _die is null ? die : throw new InvalidOperationException("This fault has been declared already. Describe another one.");
        }
    }

    /// <summary>Counts a call. Returns whether the fault strikes it, and a number from 0 to 1 for its strength.</summary>
    internal bool TryStrike(WireRequest request, DateTimeOffset now, int underWay, out double severity)
    {
        severity = 0;
        if ((_path is not null && !string.Equals(request.Address.AbsolutePath, _path, StringComparison.Ordinal))
            || underWay < _borne
            || _condition?.Invoke(request.ToCall(now)) == false)
        {
            return false;
        }

        lock (_gate)
        {
            var number = ++_calls - _spared;
            if (number <= 0 || number % _period != 0 || _strikes >= _most)
            {
                return false;
            }

            var cast = Scrambler.Mix(_die.GetValueOrDefault() + (ulong)_calls);
            if (Scrambler.ToFraction(cast) >= _probability)
            {
                return false;
            }

            severity = Scrambler.ToFraction(Scrambler.Mix(cast));
            _strikes++;
            return true;
        }
    }

    private static SimulatedFault Spoiled(string name, Func<byte[], byte[]> rewrite) =>
        new(name) { IsProcessed = true, Spoil = (_, answer) => answer with { Body = rewrite(answer.Body) } };

    private static SimulatedFault BrokenOff(string name, bool inBody, Func<Exception> failure) => new(name)
    {
        IsProcessed = inBody,
        Spoil = (_, answer) => inBody ? answer with { BreaksOffWith = failure } : answer with { Failure = failure },
    };

    private SimulatedFault Processed(bool isProcessed) => Spoil is not null
        ? new(this) { IsProcessed = isProcessed }
        : throw new InvalidOperationException($"A fault that is \"{_name}\" does not decide whether the call is carried out.");
}
