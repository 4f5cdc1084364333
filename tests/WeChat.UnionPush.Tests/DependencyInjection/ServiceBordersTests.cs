using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.DependencyInjection;

/// <summary>What is registered once, what is found after the host changed its services, and whose store a registration uses.</summary>
public sealed class ServiceBordersTests
{
    [Fact]
    public void What_the_host_removes_or_replaces_between_two_calls_is_noticed()
    {
        IServiceCollection services = new ServiceCollection();
        var registrations = Registrations.In(services);
        Assert.Null(registrations.Find(typeof(IComparable), null));
        var (one, other) = (ServiceDescriptor.Singleton<IComparable>("one"), ServiceDescriptor.Singleton<IConvertible>("other"));
        services.Add(one);
        Assert.Same(one, registrations.Find(typeof(IComparable), null));

        services.Remove(one);
        Assert.Null(registrations.Find(typeof(IComparable), null));

        services.Add(one);
        Assert.Same(one, registrations.Find(typeof(IComparable), null));
        services.Remove(one);
        services.Add(other);
        Assert.Null(registrations.Find(typeof(IComparable), null));
        Assert.Same(other, registrations.Find(typeof(IConvertible), null));

        services.Insert(0, one);
        Assert.Same(one, registrations.Find(typeof(IComparable), null));
        Assert.Same(other, registrations.Find(typeof(IConvertible), null));
    }

    [Fact]
    public void What_is_added_twice_runs_once()
    {
        var (once, twice) = (new ServiceCollection(), new ServiceCollection());
        Add(once.AddWeChatUnionPush(Town.SetCredentials));
        var builder = twice.AddWeChatUnionPush(Town.SetCredentials);
        Add(builder);
        Add(builder);
        Assert.Equal(Hosted(once), Hosted(twice));
        Assert.True(Hosted(once) > Hosted(Empty()));

        static void Add(WeChatUnionPushBuilder builder) => builder.AddCallback().AddReceipts().AddBroadcasts().AddFollowLinks();

        static int Hosted(IServiceCollection services) => services.Count(service => service.ServiceType == typeof(IHostedService));

        static ServiceCollection Empty()
        {
            var services = new ServiceCollection();
            services.AddWeChatUnionPush(Town.SetCredentials);
            return services;
        }
    }

    [Fact]
    public void Settings_at_AddBroadcasts_and_AddFollowLinks_count()
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Town.SetCredentials)
            .AddBroadcasts(options => options.PollInterval = TimeSpan.FromSeconds(7))
            .AddFollowLinks(options => options.Lifetime = TimeSpan.FromMinutes(7));
        using var provider = services.BuildServiceProvider();
        var options = provider.OptionsOf("");
        Assert.Equal((TimeSpan.FromSeconds(7), TimeSpan.FromMinutes(7)), (options.Broadcasts.PollInterval, options.FollowLinks.Lifetime));
    }

    [Fact]
    public void Reach_is_chosen_in_one_call()
    {
        var builder = new ServiceCollection().AddWeChatUnionPush(Town.SetCredentials).AddReach(reach => reach.SubscribeMessage());
        var told = Assert.Throws<InvalidOperationException>(() => builder.AddReach(reach => reach.CustomerService()));
        Assert.Contains("AddReach was called twice", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Handlers_of_one_class_are_told_apart_and_those_of_one_registration_are_not_anothers()
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Town.SetCredentials).AddWeChatEventHandler<Handler>().AddWeChatEventHandler<Handler>();
        services.AddWeChatUnionPush("b", Town.SetCredentials).AddWeChatEventHandler<Handler>();
        using var provider = services.BuildServiceProvider();
        var name = typeof(Handler).FullName!;
        Assert.Equal([name, $"{name}#2"], provider.GetServices<EventHandlerRegistration>().Select(handler => handler.Name));
        Assert.Equal([name], provider.GetKeyedServices<EventHandlerRegistration>("b").Select(handler => handler.Name));
    }

    [Theory]
    [InlineData(typeof(IUnionPush))]
    [InlineData(typeof(IMiniProgramSession))]
    [InlineData(typeof(ITemplateMessageSender))]
    [InlineData(typeof(ITemplateCatalog))]
    [InlineData(typeof(IFollowerSource))]
    [InlineData(typeof(IAccessTokenProvider))]
    [InlineData(typeof(IWeChatDiagnostics))]
    [InlineData(typeof(IBroadcasts))]
    public void Where_all_registrations_have_names_a_service_without_one_says_how_to_ask(Type service)
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush("a", Town.SetCredentials);
        services.AddWeChatUnionPush("b", Town.SetCredentials);
        using var provider = services.BuildServiceProvider();
        var told = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService(service));
        Assert.StartsWith($"{service.Name} was asked for without a key", told.Message, StringComparison.Ordinal);
        Assert.Contains("only 'a', 'b'", told.Message, StringComparison.Ordinal);
        Assert.Contains($"[FromKeyedServices(\"a\")] {service.Name}", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_registration_takes_its_slots_from_its_own_shared_pace_or_from_that_of_the_default_one(bool defaultShares, bool namedShares)
    {
        // On the machine's clock: slots are asked for in the background, and a clock that is moved on meanwhile ends the time limits of those who wait.
        var platform = new SimulatedPlatform(TimeProvider.System, seed: 1);
        var account = platform.AddOfficialAccount(Town.OfficialAccountAppId, Secrets.OfficialAccount, Town.OpenPlatform);
        platform.AddMiniProgram(Town.MiniProgramAppId, Secrets.MiniProgram, Town.OpenPlatform);
        var (ofDefault, ofNamed) = (new CountedPace(TimeProvider.System), new CountedPace(TimeProvider.System));
        var services = new ServiceCollection();
        Add(services.AddWeChatUnionPush(Town.SetCredentials), defaultShares ? ofDefault : null);
        var other = platform.AddOfficialAccount("wx2222222222222222", Secrets.OfficialAccount, Town.OpenPlatform);
        Add(
            services.AddWeChatUnionPush("b", options =>
            {
                Town.SetCredentials(options);
                options.OfficialAccount.AppId = "wx2222222222222222";
            }),
            namedShares ? ofNamed : null);
        await using var provider = services.BuildServiceProvider();
        var person = platform.AddPerson();
        person.Follow(account);
        person.Follow(other);
        Assert.True(await SendAsync(provider.GetRequiredService<ITemplateMessageSender>(), account));
        Assert.Equal((defaultShares, false), (ofDefault.Asked(Town.OfficialAccountAppId), ofNamed.Asked(Town.OfficialAccountAppId)));

        Assert.True(await SendAsync(provider.GetRequiredKeyedService<ITemplateMessageSender>("b"), other));
        Assert.Equal((defaultShares && !namedShares, namedShares), (ofDefault.Asked("wx2222222222222222"), ofNamed.Asked("wx2222222222222222")));

        async Task<bool> SendAsync(ITemplateMessageSender sender, SimulatedOfficialAccount from)
        {
            var template = from.AddTemplate("通知", "商品:{{thing1.DATA}}");
            return (await sender.SendAsync(person.OpenIdIn(from), TemplateMessage.Create(template.Id).Thing("thing1", "商品").Build())).IsSent;
        }

        void Add(WeChatUnionPushBuilder builder, CountedPace? pace)
        {
            builder.UseSimulator(platform).Configure(options => options.TemplateMessages.MaxPerSecond = 1000);
            if (pace is not null)
            {
                builder.UseSharedPace(_ => pace);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_registration_protects_its_tokens_with_its_own_protector_or_that_of_the_default_one(bool hasOwn)
    {
        await using var town = new Town();
        var (ofDefault, own) = (Protector("default:"), Protector("own:"));
        var store = new InMemoryAccessTokenStore(town.Time);
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(town.Platform).UseTokenProtection(_ => ofDefault);
        var builder = services.AddWeChatUnionPush("b", Town.SetCredentials).UseSimulator(town.Platform).UseAccessTokenStore(_ => store);
        if (hasOwn)
        {
            builder.UseTokenProtection(_ => own);
        }

        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredKeyedService<IAccessTokenProvider>("b").GetAsync(Town.OfficialAccountAppId);
        Assert.StartsWith(hasOwn ? "own:" : "default:", (await store.GetAsync(Town.OfficialAccountAppId))!.Token!.Reveal(), StringComparison.Ordinal);

        static ISecretProtector Protector(string prefix)
        {
            var protector = Substitute.For<ISecretProtector>();
            protector.Protect(Arg.Any<string>()).Returns(call => prefix + call.Arg<string>());
            return protector;
        }
    }

    private sealed class Handler : IWeChatEventHandler
    {
        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default) => default;
    }

    private sealed class CountedPace(TimeProvider time) : ISharedPace
    {
        private readonly InMemorySharedPace _inner = new(time);
        private readonly ConcurrentDictionary<string, bool> _asked = new();

        public bool Asked(string appId) => _asked.ContainsKey($"{appId}:messages");

        public ValueTask<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken = default)
        {
            _asked[request.AppId] = true;
            return _inner.TakeAsync(request, cancellationToken);
        }
    }
}
