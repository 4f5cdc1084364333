using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>
/// A simulated platform with everything that its page and its REST API show: names of people, and the log of calls, callbacks and messages.
/// Put on a server with <see cref="SimulatorEndpointRouteBuilderExtensions.MapPlatformSimulator"/>.
/// </summary>
/// <remarks>All members may be used from any thread.</remarks>
/// <example>
/// <code>
/// var simulator = PlatformSimulator.CreateDemo();
/// app.MapPlatformSimulator(simulator, "/simulator");
/// </code>
/// </example>
public sealed class PlatformSimulator
{
    private readonly SimulatorOptions _options;
    private World _world;

    /// <summary>Shows a platform that belongs to the caller. What the page would replace (import, reset) is then left to the caller too.</summary>
    /// <param name="platform">The platform, with apps and people, or yet without.</param>
    /// <param name="options">How much is kept, and who may use it.</param>
    public PlatformSimulator(SimulatedPlatform platform, SimulatorOptions? options = null)
        : this(options, ownsPlatform: false)
    {
        ArgumentNullException.ThrowIfNull(platform);
        _world = new World(platform);
        platform.Observer = Journal;
    }

    private PlatformSimulator(SimulatorOptions? options, bool ownsPlatform)
    {
        _options = options ?? new SimulatorOptions();
        OwnsPlatform = ownsPlatform;
        _world = null!;
        Journal = new Journal(this, _options);
    }

    /// <summary>The platform. After an import or a reset it is another one.</summary>
    public SimulatedPlatform Platform => Volatile.Read(ref _world).Platform;

    internal bool OwnsPlatform { get; }

    internal SimulatorOptions Options => _options;

    internal Journal Journal { get; }

    internal PeopleBook People => Volatile.Read(ref _world).People;

    internal FaultBook Faults => Volatile.Read(ref _world).Faults;

    internal Seed Seed { get; private set; } = new();

    internal HttpClient CallbackClient { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    /// <summary>
    /// A small business: an Official Account and a Mini Program under one Open Platform account, two templates of each kind, and four people.
    /// </summary>
    /// <param name="options">How much is kept, and who may use it.</param>
    /// <param name="timeProvider">Its clock; a <see cref="MovableTimeProvider"/> when left out.</param>
    public static PlatformSimulator CreateDemo(SimulatorOptions? options = null, TimeProvider? timeProvider = null) => Create(DemoSeed.Create(), options, timeProvider);

    /// <summary>Makes a platform from a seed file: what the page exports, or a file written by hand.</summary>
    /// <param name="json">The file.</param>
    /// <param name="options">How much is kept, and who may use it.</param>
    /// <param name="timeProvider">Its clock; a <see cref="MovableTimeProvider"/> when left out.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidDataException">The file is not a seed file; the message names the place.</exception>
    public static async Task<PlatformSimulator> LoadAsync(
        Stream json, SimulatorOptions? options = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Create(await Seed.ReadAsync(json, cancellationToken).ConfigureAwait(false), options, timeProvider);
    }

    /// <summary>Gives a person a name on the page.</summary>
    /// <param name="person">A person of <see cref="Platform"/>.</param>
    /// <param name="name">The name; <see langword="null"/> to take it away.</param>
    public void Name(SimulatedPerson person, string? name)
    {
        ArgumentNullException.ThrowIfNull(person);
        People.Rename(person.Index, name);
        Journal.Changed("people");
    }

    /// <summary>Gives an app a name on the page.</summary>
    /// <param name="appId">Its app id.</param>
    /// <param name="name">The name.</param>
    public void Name(string appId, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(appId);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Volatile.Read(ref _world).AppNames[appId] = name;
        Journal.Changed("apps");
    }

    /// <summary>Whether events of any app go anywhere.</summary>
    public bool HasCallback => Platform.Apps.Any(static app => app.Callback is not null);

    /// <summary>
    /// Pushes the events of an app to a URL, encrypted (安全模式), with the token and the key that the app has: those of its seed, or of its former callback, or
    /// <c>simulated</c> and a key that <c>GET api/credentials</c> tells.
    /// </summary>
    /// <param name="url">The URL, absolute.</param>
    /// <param name="appId">The app; the first Official Account when left out.</param>
    /// <exception cref="ArgumentException">It is no such URL, or there is no such app.</exception>
    public void SetCallback(string url, string? appId = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(url);
        var app = appId is null
            ? Platform.Apps.Where(static app => app.IsOfficialAccount).MinBy(static app => app.AppId, StringComparer.Ordinal)
            : Platform.FindApp(appId);
        if (app is null)
        {
            throw new ArgumentException(appId is null ? "There is no Official Account." : $"There is no app {appId}.", nameof(appId));
        }

        try
        {
            app.Callback = new CallbackRequest { Url = url }.ToCallback(this, app);
        }
        catch (SimulatorException misfit)
        {
            throw new ArgumentException(misfit.Message, nameof(url), misfit);
        }

        Journal.Changed("apps");
    }

    internal string? NameOf(string appId) => Volatile.Read(ref _world).AppNames.GetValueOrDefault(appId);

    internal HttpMessageInvoker Door => Volatile.Read(ref _world).Door;

    /// <summary>The app of that id before anything is replaced; null when there is none.</summary>
    internal SimulatedApp? FindCurrent(string appId) => Volatile.Read(ref _world)?.Platform.FindApp(appId);

    internal void Replace(Seed seed)
    {
        // Made whole before anything is replaced: a seed that does not fit leaves everything as it is.
        var world = seed.Build(this, Platform.TimeProvider);
        Start(seed, world);
    }

    private static PlatformSimulator Create(Seed seed, SimulatorOptions? options, TimeProvider? timeProvider)
    {
        var simulator = new PlatformSimulator(options, ownsPlatform: true);
        simulator.Start(seed, seed.Build(simulator, timeProvider ?? new MovableTimeProvider()));
        return simulator;
    }

    private void Start(Seed seed, World world)
    {
        if (Volatile.Read(ref _world) is { } old)
        {
            old.Platform.Observer = null;
        }

        Seed = seed.WithoutHistory();
        Volatile.Write(ref _world, world);
        Journal.Clear();
        world.Platform.Observer = Journal;
        Journal.Restore(seed.Messages ?? [], seed.Calls ?? [], seed.Callbacks ?? []);
    }
}
