using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// The WeChat platform as a state machine in memory, behind an <see cref="HttpMessageHandler"/>: accounts, people, tokens, templates, messages, quotas
/// and the platform's own errors. It knows nothing of the client that calls it.
/// </summary>
/// <remarks>
/// <para>Answers are HTTP 200 with an <c>errcode</c> where something is wrong, as on the real platform. What the real one has nowhere is an
/// exception instead: a call of an API that is not simulated throws <see cref="InvalidOperationException"/> out of the client.</para>
/// <para>All members may be used from any thread, while calls are under way.</para>
/// </remarks>
/// <example>
/// <code>
/// var time = new ManualTimeProvider();
/// var platform = new SimulatedPlatform(time);
/// var account = platform.AddOfficialAccount("wx0123456789abcdef", "secret", openPlatform: "brand");
/// account.AddFollowers(platform.AddPeople(25_000));
/// using var client = new HttpClient(platform.CreateHandler()) { BaseAddress = new Uri("https://api.weixin.qq.com") };
/// </code>
/// </example>
public sealed class SimulatedPlatform
{
    // An address for documentation (RFC 5737).
    private static readonly IPAddress DefaultCaller = new([203, 0, 113, 7]);

    private readonly ConcurrentDictionary<string, SimulatedApp> _apps = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IdentifierCodec> _unionIds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LibraryTemplate> _library = new(StringComparer.Ordinal);
    private readonly CallDesk _calls;
    private long _people;
    private long _sequence;

    /// <summary>Starts a platform with nobody on it.</summary>
    /// <param name="timeProvider">Its clock; the system's when left out. A test gives a <see cref="ManualTimeProvider"/>.</param>
    /// <param name="seed">What its openids, tokens and other made-up texts depend on. The same seed gives the same openids.</param>
    public SimulatedPlatform(TimeProvider? timeProvider = null, int seed = 0)
    {
        TimeProvider = timeProvider ?? TimeProvider.System;
        SeedNumber = seed;
        SeedState = Scrambler.Mix((ulong)seed);
        Faults = new SimulatedFaults(this);
        Callbacks = new SimulatedCallbacks(this);
        _calls = new CallDesk(this);
    }

    /// <summary>Its clock.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>What it was asked.</summary>
    public SimulatedCallLog Calls { get; } = new();

    /// <summary>What it pushes to the callbacks of its accounts.</summary>
    public SimulatedCallbacks Callbacks { get; }

    /// <summary>What is to go wrong. Nothing by default.</summary>
    public SimulatedFaults Faults { get; }

    /// <summary>
    /// How long every answer takes, measured on <see cref="TimeProvider"/>: the call is carried out when it arrives, and answered after that time. Zero by default.
    /// </summary>
    public TimeSpan Latency { get; set; }

    /// <summary>
    /// Whether bodies may carry <c>\uXXXX</c> where the character itself would do. <see langword="false"/> by default: such a body answers 47002,
    /// which the platform has been strict about.
    /// </summary>
    public bool AcceptsUnicodeEscapes { get; set; }

    internal int SeedNumber { get; }

    internal ulong SeedState { get; }

    internal DateTimeOffset Now => TimeProvider.GetUtcNow();

    internal RequestIdBook RequestIds { get; } = new();

    /// <summary>Sees what happens on the platform, while it happens; null when nobody looks.</summary>
    internal IPlatformObserver? Observer { get; set; }

    internal long PersonCount => Volatile.Read(ref _people);

    internal IReadOnlyCollection<SimulatedApp> Apps => [.. _apps.Values];

    /// <summary>A handler that leads to this platform: give it to <see cref="HttpClient"/> in the place of the network. Make as many as there are clients.</summary>
    public HttpMessageHandler CreateHandler() => CreateHandler(DefaultCaller);

    /// <summary>A handler that leads to this platform from one address, which the accounts' IP whitelists see.</summary>
    /// <param name="callerAddress">Where the calls come from; 203.0.113.7 in <see cref="CreateHandler()"/>.</param>
    public HttpMessageHandler CreateHandler(IPAddress callerAddress)
    {
        ArgumentNullException.ThrowIfNull(callerAddress);
        return new PlatformHandler(this, callerAddress);
    }

    /// <summary>Adds an Official Account, verified, without followers and templates.</summary>
    /// <param name="appId">Its app id.</param>
    /// <param name="appSecret">Its secret.</param>
    /// <param name="openPlatform">The Open Platform account it is bound to, by any name; <see langword="null"/> when it is not bound.</param>
    /// <exception cref="ArgumentException">An app of that id is there already.</exception>
    public SimulatedOfficialAccount AddOfficialAccount(string appId, string appSecret, string? openPlatform = null)
    {
        var account = new SimulatedOfficialAccount(this, appId, appSecret, openPlatform);
        Add(account.App);
        return account;
    }

    /// <summary>Adds a Mini Program.</summary>
    /// <param name="appId">Its app id.</param>
    /// <param name="appSecret">Its secret.</param>
    /// <param name="openPlatform">The Open Platform account it is bound to, by any name; <see langword="null"/> when it is not bound.</param>
    /// <exception cref="ArgumentException">An app of that id is there already.</exception>
    public SimulatedMiniProgram AddMiniProgram(string appId, string appSecret, string? openPlatform = null)
    {
        var miniProgram = new SimulatedMiniProgram(this, appId, appSecret, openPlatform);
        Add(miniProgram.App);
        return miniProgram;
    }

    /// <summary>Adds a person, who follows nothing yet.</summary>
    public SimulatedPerson AddPerson() => new(this, Interlocked.Increment(ref _people) - 1);

    /// <summary>Adds people, who follow nothing yet. They are made up as they are asked for and take no memory.</summary>
    /// <param name="count">How many.</param>
    public SimulatedPopulation AddPeople(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new SimulatedPopulation(this, Interlocked.Add(ref _people, count) - count, count);
    }

    /// <summary>The person behind an openid, or <see langword="null"/> when no person of this platform has it in that app.</summary>
    /// <param name="appId">The app.</param>
    /// <param name="openId">The openid.</param>
    public SimulatedPerson? FindPerson(string appId, string openId) =>
        FindApp(appId) is { } app && app.TryFindPerson(openId, out var index) ? new SimulatedPerson(this, index) : null;

    /// <summary>Adds a template to the public library (类目模板库), from which <c>api_add_template</c> takes.</summary>
    /// <param name="shortId">Its number in the library, such as <c>47123</c>.</param>
    /// <param name="title">The title.</param>
    /// <param name="keywords">The keywords by label and type, such as <c>("商品名称", "thing")</c>; the position makes the number in the key.</param>
    public void AddLibraryTemplate(string shortId, string title, params (string Label, string Type)[] keywords)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(shortId);
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        ArgumentNullException.ThrowIfNull(keywords);
        _library[shortId] = new LibraryTemplate(title, [.. keywords]);
    }

    /// <summary>Sets the latency of one API, over <see cref="Latency"/>.</summary>
    /// <param name="path">The API, such as <c>/cgi-bin/stable_token</c>.</param>
    /// <param name="latency">How long its answers take.</param>
    public void SetLatency(string path, TimeSpan latency)
    {
        ThrowIfUnknown(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero);
        _calls.SetLatency(path, latency);
    }

    /// <summary>Holds the calls of one API from now on until the gate is opened or disposed.</summary>
    /// <param name="path">The API, such as <c>/cgi-bin/stable_token</c>.</param>
    /// <param name="afterwards">
    /// <see langword="false"/> (default) to hold a call before it is carried out; <see langword="true"/> to carry it out and hold its answer.
    /// </param>
    /// <exception cref="InvalidOperationException">The API is held already.</exception>
    public SimulatedGate Hold(string path, bool afterwards = false)
    {
        ThrowIfUnknown(path);
        return _calls.Hold(path, afterwards);
    }

    internal IdentifierCodec UnionIds(string openPlatform) =>
        _unionIds.GetOrAdd(openPlatform, static (name, seed) => new IdentifierCodec(seed, "union:" + name), SeedState);

    internal bool HasPerson(long index) => index >= 0 && index < Volatile.Read(ref _people);

    internal SimulatedApp? FindApp(string appId) => _apps.GetValueOrDefault(appId);

    internal bool FollowsAny(string openPlatform, long index) =>
        _apps.Values.Any(app => string.Equals(app.OpenPlatform, openPlatform, StringComparison.Ordinal) && app.OfficialAccount?.Followers.IsFollowing(index) == true);

    internal LibraryTemplate? FindLibraryTemplate(string shortId) => _library.GetValueOrDefault(shortId);

    internal void Register(IssuedToken token) => _calls.Register(token);

    internal void ThrowIfForeign(SimulatedApp app)
    {
        if (!ReferenceEquals(app.Platform, this))
        {
            throw new ArgumentException($"App {app.AppId} is on another simulated platform.", nameof(app));
        }
    }

    internal static void ThrowIfUnknown(string path)
    {
        if (Route.Find(path) is null)
        {
            throw new ArgumentException($"The simulated platform has no {path}.", nameof(path));
        }
    }

    internal string NextText(int length) => Scrambler.Text(NextState(), length);

    internal byte[] NextBytes(int count)
    {
        var bytes = new byte[count];
        var state = NextState();
        for (var i = 0; i < count; i += sizeof(ulong))
        {
            state = Scrambler.Mix(state);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i), state);
        }

        return bytes;
    }

    /// <summary>The number of a message that a person writes: 64 bits, as the platform's are.</summary>
    internal long NextMessageNumber() => 23_000_000_000_000_000 + (long)(NextState() >> 12);

    internal string NextRequestId(DateTimeOffset now)
    {
        var random = NextState();
        return string.Create(CultureInfo.InvariantCulture, $"{(uint)now.ToUnixTimeSeconds():x8}-{(uint)(random >> 32):x8}-{(uint)random:x8}");
    }

    internal Task<Answer> AnswerAsync(WireRequest request, CancellationToken cancellationToken) => _calls.AnswerAsync(request, cancellationToken);

    private ulong NextState() => Scrambler.Mix(SeedState ^ Scrambler.Mix((ulong)Interlocked.Increment(ref _sequence)));

    private void Add(SimulatedApp app)
    {
        if (!_apps.TryAdd(app.AppId, app))
        {
            throw new ArgumentException($"An app {app.AppId} is on the platform already.", nameof(app));
        }
    }
}
