using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush;

/// <summary>The stores of a registration as services.</summary>
internal static class StorageServices
{
    /// <summary>
    /// What a registration has unless the host chooses: the default one keeps everything in memory, and a named one uses the default one's stores, whatever
    /// they are.
    /// </summary>
    public static void AddDefault(Registrations services, object? key)
    {
        services.TryAdd<IUnionPushStorage>(key: null, static provider => new InMemoryUnionPushStorage(provider.GetRequiredService<TimeProvider>()));
        AddStores(services, key: null, replace: false);
        if (key is not null)
        {
            services.TryAdd(key, static provider => provider.GetRequiredService<IUnionPushStorage>());
            AddStores(services, key, replace: false);
        }
    }

    /// <summary>Takes all stores of a registration from one storage, in place of those chosen before.</summary>
    public static void Use<TStorage>(Registrations services, object? key, Func<IServiceProvider, TStorage> factory)
        where TStorage : class, IUnionPushStorage
    {
        services.Add(key, factory);
        if (typeof(TStorage) != typeof(IUnionPushStorage))
        {
            services.Add<IUnionPushStorage>(key, provider => provider.Get<TStorage>(key));
        }

        AddStores(services, key, replace: true);
    }

    /// <summary>Asks a registration's storage for a record, which opens the database and finds its tables.</summary>
    /// <exception cref="UnionPushStorageException">The database cannot be opened, does not answer, or lacks its tables.</exception>
    public static async Task AskAsync(IServiceProvider provider, Registration registration, CancellationToken cancellationToken) =>
        await provider.Get<IUnionPushStorage>(registration.Key).FollowerSyncs
            .GetAsync(provider.OptionsOf(registration.Name).OfficialAccount.AppId, cancellationToken).ConfigureAwait(false);

    /// <summary>Each store is a service of its own, so that a host can replace it and a room of the library can ask for it alone.</summary>
    private static void AddStores(Registrations services, object? key, bool replace)
    {
        // A named registration takes each store from the default one's, not from its storage: the host may have replaced a single store.
        Add(static storage => storage.Identities, static provider => provider.RepositoryOf(key: null));
        Add(static storage => storage.AccessTokens, static provider => provider.GetRequiredService<IAccessTokenStore>());
        Add(static storage => storage.FollowerSyncs, static provider => provider.GetRequiredService<IFollowerSyncStore>());
        Add(static storage => storage.EventInbox, static provider => provider.GetRequiredService<IWeChatEventInbox>());
        Add(static storage => storage.Receipts, static provider => provider.GetRequiredService<IMessageReceipts>());

        void Add<TStore>(Func<IUnionPushStorage, TStore> ofStorage, Func<IServiceProvider, TStore> ofDefault)
            where TStore : class
        {
            Func<IServiceProvider, TStore> factory = key is null || replace ? provider => ofStorage(provider.Get<IUnionPushStorage>(key)) : ofDefault;
            if (replace)
            {
                services.Add(key, factory);
            }
            else
            {
                services.TryAdd(key, factory);
            }
        }
    }
}
