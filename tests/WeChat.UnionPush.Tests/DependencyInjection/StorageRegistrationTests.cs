using WeChat.UnionPush.Sqlite;

namespace WeChat.UnionPush.Tests.DependencyInjection;

/// <summary>One verb chooses all stores of a registration, and single ones can still be replaced.</summary>
public sealed class StorageRegistrationTests
{
    private readonly ServiceCollection _services = new();

    [Fact]
    public async Task Without_a_choice_all_stores_are_those_of_one_storage_in_memory()
    {
        Add();
        await using var provider = _services.BuildServiceProvider();
        var storage = provider.GetRequiredService<IUnionPushStorage>();
        await storage.EnsureSchemaAsync(TestContext.Current.CancellationToken);
        AssertStores(provider, key: null, storage);
    }

    [Fact]
    public async Task One_verb_chooses_every_store()
    {
        var mine = new Storage();
        Add().UseStorage(_ => mine);
        await using var provider = _services.BuildServiceProvider();
        AssertStores(provider, key: null, mine);
        Assert.Same(mine, provider.GetRequiredService<IUnionPushStorage>());
        Assert.Same(mine, provider.GetRequiredService<Storage>());
    }

    [Fact]
    public async Task A_storage_that_is_known_by_its_interface_alone_will_do()
    {
        IUnionPushStorage mine = new Storage();
        Add().UseStorage(_ => mine);
        await using var provider = _services.BuildServiceProvider();
        AssertStores(provider, key: null, mine);
    }

    [Fact]
    public async Task A_single_store_that_is_chosen_afterwards_takes_its_place_alone()
    {
        var mine = new Storage();
        var inbox = new Storage().EventInbox;
        Add().UseStorage(_ => mine).UseEventInbox(_ => inbox).UseInMemoryAccessTokens();
        await using var provider = _services.BuildServiceProvider();
        Assert.Same(inbox, provider.GetRequiredService<IWeChatEventInbox>());
        Assert.NotSame(mine.AccessTokens, provider.GetRequiredService<IAccessTokenStore>());
        Assert.Same(mine.Identities, provider.GetRequiredService<IUnionIdRepository>());
        Assert.Same(mine.Receipts, provider.GetRequiredService<IMessageReceipts>());
        Assert.Same(mine.FollowerSyncs, provider.GetRequiredService<IFollowerSyncStore>());
    }

    [Fact]
    public async Task A_storage_takes_the_place_of_what_was_chosen_before()
    {
        var mine = new Storage();
        Add().UseRepository(_ => new Storage().Identities).UseStorage(_ => new Storage()).UseSqlite("Data Source=never-opened.db").UseStorage(_ => mine);
        await using var provider = _services.BuildServiceProvider();
        AssertStores(provider, key: null, mine);
    }

    [Fact]
    public async Task A_store_that_the_host_registered_itself_stays()
    {
        var own = new Storage().Identities;
        _services.AddSingleton(own);
        Add();
        await using var provider = _services.BuildServiceProvider();
        Assert.Same(own, provider.GetRequiredService<IUnionIdRepository>());
    }

    [Fact]
    public async Task A_named_registration_has_a_storage_of_its_own_or_shares_the_default_ones_stores()
    {
        var (mine, theirs) = (new Storage(), new Storage());
        var receipts = new Storage().Receipts;
        Add().UseStorage(_ => mine).UseMessageReceipts(_ => receipts);
        Add("own").UseStorage(_ => theirs);
        Add("shared");
        await using var provider = _services.BuildServiceProvider();
        AssertStores(provider, "own", theirs);
        Assert.Same(mine, provider.GetRequiredKeyedService<IUnionPushStorage>("shared"));
        Assert.Same(mine.Identities, provider.GetRequiredKeyedService<IUnionIdRepository>("shared"));
        Assert.Same(receipts, provider.GetRequiredKeyedService<IMessageReceipts>("shared"));
    }

    [Fact]
    public async Task A_storage_ends_with_the_hosts_services()
    {
        var mine = new Storage();
        Add().UseStorage(_ => mine);
        await using (var provider = _services.BuildServiceProvider())
        {
            Assert.Same(mine.Identities, provider.GetRequiredService<IUnionIdRepository>());
        }

        Assert.True(mine.IsDisposed);
    }

    [Fact]
    public async Task SQLite_is_a_storage_by_its_interface_and_by_its_name()
    {
        Add("file").UseSqlite("Data Source=never-opened.db");
        await using var provider = _services.BuildServiceProvider();
        var storage = provider.GetRequiredKeyedService<SqliteUnionPushStorage>("file");
        Assert.Same(storage, provider.GetRequiredKeyedService<IUnionPushStorage>("file"));
        AssertStores(provider, "file", storage);
    }

    private static void AssertStores(ServiceProvider provider, string? key, IUnionPushStorage storage)
    {
        Assert.Same(storage.Identities, Get<IUnionIdRepository>());
        Assert.Same(storage.AccessTokens, Get<IAccessTokenStore>());
        Assert.Same(storage.FollowerSyncs, Get<IFollowerSyncStore>());
        Assert.Same(storage.EventInbox, Get<IWeChatEventInbox>());
        Assert.Same(storage.Receipts, Get<IMessageReceipts>());

        T Get<T>()
            where T : class => key is null ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(key);
    }

    private WeChatUnionPushBuilder Add(string name = "") => _services.AddWeChatUnionPush(name, options => options.OfficialAccount.AppId = "wx0123456789abcdef");

    private sealed class Storage : IUnionPushStorage, IDisposable
    {
        private readonly InMemoryUnionPushStorage _inner = new(TimeProvider.System);

        public bool IsDisposed { get; private set; }

        public IUnionIdRepository Identities => _inner.Identities;

        public IAccessTokenStore AccessTokens => _inner.AccessTokens;

        public IFollowerSyncStore FollowerSyncs => _inner.FollowerSyncs;

        public IWeChatEventInbox EventInbox => _inner.EventInbox;

        public IMessageReceipts Receipts => _inner.Receipts;

        public ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default) => _inner.EnsureSchemaAsync(cancellationToken);

        public void Dispose() => IsDisposed = true;
    }
}
