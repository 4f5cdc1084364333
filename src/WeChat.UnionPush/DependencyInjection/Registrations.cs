using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush;

/// <summary>
/// The registrations of a host, and what stands in its services. Looks at each descriptor once, so that a thousand registrations take a thousand times as
/// long as one: <c>TryAdd</c> and <c>Replace</c> look through all services at each call.
/// </summary>
internal sealed class Registrations(IServiceCollection services)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, Registration> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Registration> _byClient = new(StringComparer.Ordinal);
    private readonly Dictionary<(Type Service, object? Key), ServiceDescriptor> _descriptors = [];
    private readonly HashSet<ServiceDescriptor> _stopgaps = [];
    private int _seen;
    private ServiceDescriptor? _lastSeen;

    public IServiceCollection Services => services;

    public IEnumerable<Registration> All => _byName.Values;

    /// <summary>The registrations in a host's services; made, with what they share, at the first call.</summary>
    public static Registrations In(IServiceCollection services)
    {
        // They stand where the first registration put them, behind what the host had by then.
        foreach (var service in services)
        {
            if (service.ServiceType == typeof(Registrations))
            {
                return (Registrations)service.ImplementationInstance!;
            }
        }

        var registrations = new Registrations(services);
        services.AddSingleton(registrations);
        SharedServices.Add(services);
        return registrations;
    }

    /// <exception cref="InvalidOperationException">There is one of that name already.</exception>
    public Registration Add(string name)
    {
        var registration = new Registration(name);
        if (!_byName.TryAdd(name, registration))
        {
            throw new InvalidOperationException(name.Length == 0
                ? "AddWeChatUnionPush was called twice. Give the second registration a name, or change options with Configure on the first one's builder."
                : $"AddWeChatUnionPush was called twice for '{name}'. Give the second registration another name, or change options with Configure on the first one's builder.");
        }

        _byClient.Add(registration.ClientName, registration);
        return registration;
    }

    public Registration? Of(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The registration of an <c>HttpClient</c>, if it is one of the library's.</summary>
    public Registration? OfClient(string clientName) => _byClient.GetValueOrDefault(clientName);

    /// <summary>The descriptor that a container resolves: the last one of a service and key.</summary>
    public ServiceDescriptor? Find(Type service, object? key)
    {
        lock (_gate)
        {
            CatchUp();
            return _descriptors.GetValueOrDefault((service, key));
        }
    }

    /// <summary>Whether a service is made once. One that is not is made in a scope of its own for each call.</summary>
    public bool IsSingleton(Type service, object? key) => Find(service, key) is not { Lifetime: not ServiceLifetime.Singleton };

    /// <summary>Adds a singleton unless the host has the service already.</summary>
    public void TryAdd<T>(object? key, Func<IServiceProvider, T> factory)
        where T : class
    {
        if (Find(typeof(T), key) is not { } found || _stopgaps.Contains(found))
        {
            Add(key, factory);
        }
    }

    /// <summary>Adds a singleton. It counts before those of the same service that were added earlier.</summary>
    public void Add<T>(object? key, Func<IServiceProvider, T> factory)
        where T : class => services.Add(new ServiceDescriptor(typeof(T), key, (provider, _) => factory(provider), ServiceLifetime.Singleton));

    /// <summary>Adds a service without a key that holds the place of one that may still come.</summary>
    public void AddStopgap<T>(Func<IServiceProvider, T> factory)
        where T : class
    {
        if (Find(typeof(T), key: null) is null)
        {
            var stopgap = ServiceDescriptor.Singleton(factory);
            _stopgaps.Add(stopgap);
            services.Add(stopgap);
        }
    }

    private void CatchUp()
    {
        // Something was removed or put in between: what is known of positions is void.
        if (_seen > services.Count || (_seen > 0 && !ReferenceEquals(services[_seen - 1], _lastSeen)))
        {
            _descriptors.Clear();
            _seen = 0;
        }

        for (; _seen < services.Count; _seen++)
        {
            _lastSeen = services[_seen];
            _descriptors[(_lastSeen.ServiceType, _lastSeen.ServiceKey)] = _lastSeen;
        }
    }
}
