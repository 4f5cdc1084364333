using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Hosts;

/// <summary>A host's own services, with the lifetimes that hosts give them. Every container here validates its scopes.</summary>
public sealed class ScopedServicesTests
{
    public static TheoryData<string> When => ["before", "after", "named"];

    [Theory]
    [MemberData(nameof(When))]
    public async Task A_scoped_repository_is_used_in_a_scope_of_its_own_for_each_call(string when)
    {
        await using var town = new Town();
        var services = new ServiceCollection();
        services.AddSingleton<Table>();
        services.AddScoped<Context>();
        if (when == "before")
        {
            services.AddScoped<IUnionIdRepository, ContextRepository>();
        }

        var builder = when == "named" ? services.AddWeChatUnionPush("b", Town.SetCredentials) : services.AddWeChatUnionPush(Town.SetCredentials);
        builder.UseSimulator(town.Platform);
        if (when != "before")
        {
            services.AddScoped<IUnionIdRepository, ContextRepository>();
        }

        await using var provider = Build(services);
        var push = when == "named" ? provider.GetRequiredKeyedService<IUnionPush>("b") : provider.GetRequiredService<IUnionPush>();
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        await push.SyncFollowersAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => push.SignInAsync(person.CreateLoginCode(town.MiniProgram))));
        Assert.True((await push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
        Assert.Equal(1, (await push.GetCoverageAsync()).Reachable);

        var table = provider.GetRequiredService<Table>();
        Assert.InRange(table.Contexts, 24, 1000);
        Assert.Equal(table.Contexts, table.Disposed);
    }

    [Theory]
    [InlineData(ServiceLifetime.Scoped)]
    [InlineData(ServiceLifetime.Transient)]
    public async Task A_scoped_token_source_is_used_in_a_scope_of_its_own_for_each_call(ServiceLifetime lifetime)
    {
        await using var source = new Town();
        var services = new ServiceCollection();
        services.AddSingleton<Table>();
        services.AddScoped<Context>();
        services.AddSingleton(new Central(source.Services.GetRequiredService<IAccessTokenProvider>()));
        services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(source.Platform).AddHealthCheck(includeQuota: true);
        ((IServiceCollection)services).Add(new ServiceDescriptor(typeof(IAccessTokenProvider), typeof(ContextTokens), lifetime));
        await using var provider = Build(services);

        await provider.GetRequiredService<IUnionPush>().SyncFollowersAsync();
        await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        var table = provider.GetRequiredService<Table>();
        Assert.InRange(table.Contexts, 1, 1000);
        Assert.Equal(table.Contexts, table.Disposed);
        Assert.InRange(source.Platform.Calls.Count("/cgi-bin/stable_token"), 1, 2);
    }

    [Theory]
    [InlineData("typed client")]
    [InlineData("singleton")]
    [InlineData("scoped")]
    [InlineData("not registered")]
    public async Task A_token_class_that_the_host_has_registered_is_taken_from_there(string how)
    {
        await using var source = new Town();
        var services = new ServiceCollection();
        var central = new Central(source.Services.GetRequiredService<IAccessTokenProvider>());
        services.AddSingleton(central);
        services.AddSingleton<Table>();
        services.AddScoped<Context>();
        var builder = services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(source.Platform);
        switch (how)
        {
            case "typed client":
                services.AddHttpClient<TypedTokens>(client => client.BaseAddress = new Uri("http://tokens.internal/"));
                builder.UseAccessTokenProvider<TypedTokens>();
                break;
            case "singleton":
                services.AddSingleton(new PlainTokens(central) { IsTheHosts = true });
                builder.UseAccessTokenProvider<PlainTokens>();
                break;
            case "scoped":
                services.AddScoped<ContextTokens>();
                builder.UseAccessTokenProvider<ContextTokens>();
                break;
            default:
                builder.UseAccessTokenProvider<PlainTokens>();
                break;
        }

        await using var provider = Build(services);
        await provider.GetRequiredService<IUnionPush>().SyncFollowersAsync();

        Assert.Equal(how, central.Asked.Distinct(StringComparer.Ordinal).Single());
    }

    [Fact]
    public async Task The_hosts_own_followers_and_templates_are_the_ones_that_are_used()
    {
        await using var town = new Town(configure: static options => options.TemplateMessages.ValidateAgainstCatalog = true);
        var catalog = Substitute.For<ITemplateCatalog>();
        catalog.FindAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns<MessageTemplate?>(static _ => throw new IOException("the host's database is away"));
        await using var services = town.Build(builder => builder.Services.AddSingleton(catalog));

        var result = await services.GetRequiredService<ITemplateMessageSender>().SendAsync("o1", town.Message());

        Assert.Equal(PushStatus.NotFollowing, result.Status);
        await catalog.Received(1).FindAsync(town.Template.Id, Arg.Any<CancellationToken>());
        Assert.Equal(0, town.Platform.Calls.Count("/cgi-bin/template/get_all_private_template"));
    }

    [Theory]
    [InlineData(typeof(IAccessTokenStore))]
    [InlineData(typeof(IWeChatEventInbox))]
    [InlineData(typeof(IMessageReceipts))]
    [InlineData(typeof(IFollowerSyncStore))]
    [InlineData(typeof(ITemplateCatalog))]
    public async Task What_is_kept_for_the_life_of_the_process_may_not_be_scoped_and_the_message_says_so(Type service)
    {
        await using var town = new Town();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(town.Platform);
        builder.Services.Add(new ServiceDescriptor(service, _ => Substitute.For([service], []), ServiceLifetime.Scoped));
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains(service.Name, failure.Message, StringComparison.Ordinal);
        Assert.Contains("singleton", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_health_check_sees_through_a_provider_that_the_host_put_around_the_librarys_own()
    {
        await using var town = new Town();
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(town.Platform).AddHealthCheck();
        var inner = services.Last(static service => service.ServiceType == typeof(IAccessTokenProvider));
        services.Remove(inner);
        services.AddSingleton<IAccessTokenProvider>(provider => new Around((IAccessTokenProvider)inner.ImplementationFactory!(provider)));
        await using var provider = Build(services);
        town.Account.IpWhitelist = ["198.51.100.0/24"];
        await Assert.ThrowsAsync<WeChatApiException>(() => provider.GetRequiredService<ITemplateMessageSender>().SendAsync("o1", town.Message()));

        var health = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Contains("40164", health.Entries.Single().Value.Description, StringComparison.Ordinal);
    }

    private static ServiceProvider Build(IServiceCollection services) =>
        services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });

    /// <summary>What all contexts read and write.</summary>
    private sealed class Table
    {
        private int _contexts;
        private int _disposed;

        public InMemoryUnionIdRepository Rows { get; } = new();

        public int Contexts => Volatile.Read(ref _contexts);

        public int Disposed => Volatile.Read(ref _disposed);

        public void Opened() => Interlocked.Increment(ref _contexts);

        public void Closed() => Interlocked.Increment(ref _disposed);
    }

    /// <summary>Stands for an EF context: not for two callers at once, and dead after its scope.</summary>
    private sealed class Context : IAsyncDisposable
    {
        private readonly Table _table;
        private int _inUse;
        private bool _isDisposed;

        public Context(Table table)
        {
            _table = table;
            table.Opened();
        }

        public async ValueTask<T> UseAsync<T>(Func<InMemoryUnionIdRepository, ValueTask<T>> use)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            Assert.Equal(1, Interlocked.Increment(ref _inUse));
            await Task.Yield();
            var result = await use(_table.Rows);
            Interlocked.Decrement(ref _inUse);
            return result;
        }

        public ValueTask DisposeAsync()
        {
            _isDisposed = true;
            _table.Closed();
            return default;
        }
    }

    private sealed class ContextTokens(Context context, Central central) : IAccessTokenProvider
    {
        public ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default) => context.UseAsync(_ => central.GetAsync("scoped", appId));

        public ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class TypedTokens(HttpClient client, Central central) : IAccessTokenProvider
    {
        public ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default) =>
            central.GetAsync(client.BaseAddress?.Host == "tokens.internal" ? "typed client" : "a client of nobody's", appId);

        public ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class PlainTokens(Central central) : IAccessTokenProvider
    {
        public bool IsTheHosts { get; init; }

        public ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default) => central.GetAsync(IsTheHosts ? "singleton" : "not registered", appId);

        public ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class Central(IAccessTokenProvider tokens)
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public ValueTask<AccessToken> GetAsync(string by, string appId)
        {
            Asked.Enqueue(by);
            return tokens.GetAsync(appId);
        }
    }

    private sealed class Around(IAccessTokenProvider inner) : IAccessTokenProvider
    {
        public ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default) => inner.GetAsync(appId, cancellationToken);

        public ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default) =>
            inner.RenewAsync(appId, refused, cancellationToken);
    }

    private sealed class ContextRepository(Context context) : IUnionIdRepository
    {
        public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default) =>
            context.UseAsync(rows => rows.SaveAsync(observations, cancellationToken));

        public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default) =>
        context.UseAsync(rows => rows.SaveAsync(observations, erasuresSeen, cancellationToken));

        public ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default) => context.UseAsync(rows => rows.CountErasuresAsync(cancellationToken));

        public ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
                context.UseAsync(rows => rows.FindAsync(appId, openIds, cancellationToken));

        public ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
            string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default) =>
            context.UseAsync(rows => rows.ResolveAsync(appId, openIds, targetAppId, cancellationToken));

        public ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
            context.UseAsync(rows => rows.FindByUnionIdAsync(appId, unionIds, cancellationToken));

        public ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
            string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default) =>
            context.UseAsync(rows => rows.FindOutdatedAsync(appId, openIds, linkedBefore, unlinkedBefore, cancellationToken));

        public ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default) =>
        context.UseAsync(rows => rows.CountFollowersAsync(appId, observedBefore, cancellationToken));

        public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default) =>
                context.UseAsync(rows => rows.CloseWalkAsync(appId, walkStartedAt, cancellationToken));

        public IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default) =>
            context.UseAsync(rows => rows.GetCoverageAsync(miniProgramAppId, officialAccountAppId, cancellationToken));

        public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
            context.UseAsync(rows => rows.EraseAsync(appId, openId, cancellationToken));

        public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
            context.UseAsync(rows => rows.EraseByUnionIdAsync(unionId, cancellationToken));

        public ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default) =>
            context.UseAsync(rows => rows.ExpireErasuresAsync(erasedBefore, limit, cancellationToken));
    }
}
