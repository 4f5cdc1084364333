using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Hosts;

/// <summary>What is wrong is said when the host starts, with the name of the thing and what mends it.</summary>
public sealed class StartUpTests
{
    public static TheoryData<string, string> Misspelt => new()
    {
        { "OfficalAccount:AppId", "OfficialAccount" },
        { "OfficialAccount:AppID2", "OfficialAccount:AppId" },
        { "OfficialAccount:App_Secret_", "OfficialAccount:AppSecret" },
        { "MiniProgramm:AppSecret", "MiniProgram" },
        { "AppId", "OfficialAccount:AppId" },
        { "MaxRetries", "Http:MaxRetries" },
        { "Http:MaxRetry", "Http:MaxRetries" },
        { "Http:Proxy", "Http:" },
        { "TemplateMessage:MaxPerSecond", "TemplateMessages" },
        { "Callback:OfficialAccount:EncodingAESKeys", "Callback:OfficialAccount:EncodingAesKey" },
        { "Callback:Token", "Callback:OfficialAccount:Token" },
        { "FallbackAdresses:0", "FallbackAddresses" },
        { "OfficialAccount", "OfficialAccount:AppId" },
    };

    [Theory]
    [MemberData(nameof(Misspelt))]
    public async Task A_key_that_is_no_option_stops_the_host_and_the_nearest_option_is_named(string key, string nearest)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(Section(key, "https://x")));

        Assert.Contains($": {key.Split(':')[0]}", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"The nearest one is {nearest}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'WeChat'", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OrderTemplateId")]
    [InlineData("Templates:0:Id")]
    [InlineData("Shop:Name")]
    public async Task A_key_of_the_hosts_own_in_the_section_is_told_and_stops_nobody(string key)
    {
        using var log = new LogBook();
        await StartAsync(Section(key, "x"), log: log);
        Assert.Contains(key.Split(':')[0], Assert.Single(log.Texts(6)), StringComparison.Ordinal);
        Assert.Equal(LogLevel.Warning, log.LevelOf(6));
    }

    [Theory]
    [InlineData("_comment")]
    [InlineData("$schema")]
    [InlineData("http:maxretries")]
    [InlineData("HTTP:MAXRETRIES")]
    public async Task Comments_and_other_spellings_of_an_option_are_nobodys_mistake(string key)
    {
        using var log = new LogBook();
        await StartAsync(Section(key, "1"), log: log);
        Assert.Equal(0, log.Count(6));
    }

    [Fact]
    public async Task A_whole_configuration_may_hold_anything()
    {
        using var log = new LogBook();
        var section = Section("PATH", "/bin").ToDictionary(static pair => pair.Key["WeChat:".Length..], static pair => pair.Value);
        await StartAsync(section, static configuration => configuration, log);
        Assert.Equal(0, log.Count(6));
    }

    [Fact]
    public void Every_option_is_a_known_key()
    {
        var options = Leaves(typeof(WeChatUnionPushOptions)).Order(StringComparer.Ordinal);
        Assert.Equal(options, ConfigurationKeys.All.Order(StringComparer.Ordinal));

        static IEnumerable<string> Leaves(Type type) => type.GetProperties().SelectMany(static property =>
            property.PropertyType == typeof(IList<Uri>) ? [property.Name + ":0"]
            : property.PropertyType is { IsClass: true, Namespace: { } space } && space.StartsWith("WeChat", StringComparison.Ordinal)
            ? Leaves(property.PropertyType).Select(leaf => $"{property.Name}:{leaf}")
            : [property.Name]);
    }

    [Fact]
    public async Task A_section_that_is_not_there_is_named()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(Section(), static configuration => configuration.GetSection("Wechat:Typo")));
        Assert.Contains("'Wechat:Typo' is absent", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Wechat__Typo__OfficialAccount__AppId", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_original_id_in_the_place_of_the_app_id_is_recognised()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(Section("OfficialAccount:AppId", "gh_0123456789ab")));
        Assert.Contains("原始ID", failure.Message, StringComparison.Ordinal);
        Assert.Contains("begins with wx", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(" {0}")]
    [InlineData("{0}\r\n")]
    [InlineData("\u3000{0}\u00a0")]
    [InlineData("\ufeff{0}\u200b")]
    [InlineData("\t\u2060{0}\u200e ")]
    public async Task Blanks_around_what_was_pasted_are_taken_off(string form)
    {
        await using var town = new Town();
        await using var services = Build(town, options =>
        {
            foreach (var app in (WeChatAppOptions[])[options.OfficialAccount, options.MiniProgram])
            {
                app.AppId = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, app.AppId);
                app.AppSecret = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, app.AppSecret);
            }
        });
        var person = town.Platform.AddPerson();
        Assert.Equal(person.OpenIdIn(town.MiniProgram), (await services.GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(town.MiniProgram))).OpenId);
    }

    [Theory]
    [InlineData("http://user:hidden-pa55@proxy/a b:c")]
    [InlineData("http://user:hidden-pa55@api.weixin.qq.com:port")]
    [InlineData("https://user:hidden-pa55@api.weixin.qq.com")]
    public async Task An_address_with_a_password_is_refused_without_showing_it(string address)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(Section("ApiBaseAddress", address)));
        Assert.DoesNotContain("hidden", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("ApiBaseAddress", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_of_the_wrong_kind_is_named_by_its_option()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(Section("Http:TotalTimeout", "soon")));
        Assert.Contains("Http:TotalTimeout", failure.Message, StringComparison.Ordinal);
        Assert.Contains("default registration", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_distributed_token_cache_without_a_cache_is_told_with_the_line_that_brings_one(bool startsHost)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddWeChatUnionPush(Town.SetCredentials).UseDistributedTokenCache();
        using var host = builder.Build();

        var failure = startsHost
            ? await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync())
            : Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IUnionPush>());

        Assert.Contains("IDistributedCache", failure.Message, StringComparison.Ordinal);
        Assert.Contains("AddStackExchangeRedisCache", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receipts_and_handlers_without_a_callback_are_told()
    {
        using var log = new LogBook();
        await StartAsync(Section(), choose: static builder => builder.AddReceipts().AddWeChatEventHandler<NoHandler>(), log: log);
        Assert.Contains("AddCallback()", Assert.Single(log.Texts(7)), StringComparison.Ordinal);
        Assert.Contains("AddCallback()", Assert.Single(log.Texts(8)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("brand-b")]
    public async Task A_callback_URL_without_a_callback_is_told(string? name)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddWeChatUnionPush(Town.SetCredentials);
        builder.Services.AddWeChatUnionPush("brand-b", Town.SetCredentials);
        await using var app = builder.Build();

        var failure = Assert.Throws<InvalidOperationException>(() => app.MapWeChatCallback("/callback", name));

        Assert.Contains("AddCallback()", failure.Message, StringComparison.Ordinal);
        Assert.Contains(name ?? "default registration", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(IUnionPush))]
    [InlineData(typeof(IMiniProgramSession))]
    [InlineData(typeof(ITemplateMessageSender))]
    [InlineData(typeof(IAccessTokenProvider))]
    public async Task A_host_with_named_registrations_only_that_asks_without_a_name_is_told_the_names(Type service)
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush("brand-a", Town.SetCredentials);
        services.AddWeChatUnionPush("brand-b", Town.SetCredentials);
        await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });

        var failure = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService(service));

        Assert.Contains("[FromKeyedServices(\"brand-a\")]", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'brand-b'", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_default_registration_beside_named_ones_is_what_one_gets_without_a_name(bool defaultFirst)
    {
        await using var town = new Town();
        var services = new ServiceCollection();
        if (defaultFirst)
        {
            services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(town.Platform);
        }

        services.AddWeChatUnionPush("b", Town.SetCredentials).UseSimulator(town.Platform);
        if (!defaultFirst)
        {
            services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(town.Platform);
        }

        await using var provider = services.BuildServiceProvider();
        Assert.NotNull(provider.GetRequiredService<IUnionPush>());
        Assert.NotSame(provider.GetRequiredService<IUnionPush>(), provider.GetRequiredKeyedService<IUnionPush>("b"));
    }

    [Fact]
    public async Task A_storage_that_cannot_be_opened_stops_the_host()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            StartAsync(Section(), choose: static builder => builder.UseSqlite("Data Source=/no/such/folder/unionpush.db")));
        Assert.Contains("storage cannot be opened", failure.Message, StringComparison.Ordinal);
        Assert.Contains("/no/such/folder/unionpush.db", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unionpush.db")]
    [InlineData("/var/lib/shop/unionpush.db")]
    [InlineData("Data Sorce=unionpush.db")]
    [InlineData("Data Source=")]
    public void A_connection_string_that_SQLite_cannot_read_is_told_where_it_is_given(string connectionString)
    {
        var failure = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddWeChatUnionPush(Town.SetCredentials).UseSqlite(connectionString));
        Assert.Contains("Data Source=unionpush.db", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("db.internal")]
    [InlineData("Host=db;Passwort=hidden-pa55")]
    [InlineData("Host=db;Port=many;Password=hidden-pa55")]
    [InlineData("postgresql://shop:hidden-pa55@db/shop")]
    public void A_connection_string_that_PostgreSQL_cannot_read_is_told_where_it_is_given(string connectionString)
    {
        var failure = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddWeChatUnionPush(Town.SetCredentials).UsePostgreSql(connectionString));
        Assert.Contains("Host=", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("db.internal")]
    [InlineData("Database=shop;Password=hidden-pa55")]
    [InlineData("Server=db;Passwort=hidden-pa55")]
    [InlineData("Server=db;Port=many;Password=hidden-pa55")]
    [InlineData("mysql://shop:hidden-pa55@db/shop")]
    public void A_connection_string_that_MySQL_cannot_read_is_told_where_it_is_given(string connectionString)
    {
        var failure = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddWeChatUnionPush(Town.SetCredentials).UseMySql(connectionString));
        Assert.Contains("Server=", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_storage_that_goes_away_makes_the_health_check_unhealthy()
    {
        await using var town = new Town();
        var storage = new LeavingStorage(town.Time);
        await using var services = Build(town, choose: builder => builder.UseStorage(_ => storage).AddHealthCheck());
        var health = services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);

        storage.IsAway = true;

        var report = await health.CheckHealthAsync();
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Equal("failed", report.Entries.Single().Value.Data["storage"]);
    }

    private static Dictionary<string, string?> Section(string? key = null, string? value = null)
    {
        var section = new Dictionary<string, string?>
        {
            ["WeChat:OfficialAccount:AppId"] = Town.OfficialAccountAppId,
            ["WeChat:OfficialAccount:AppSecret"] = Secrets.OfficialAccount,
            ["WeChat:MiniProgram:AppId"] = Town.MiniProgramAppId,
            ["WeChat:MiniProgram:AppSecret"] = Secrets.MiniProgram,
        };
        if (key is not null)
        {
            section[$"WeChat:{key}"] = value;
        }

        return section;
    }

    private static async Task StartAsync(
        Dictionary<string, string?> values, Func<IConfiguration, IConfiguration>? section = null, LogBook? log = null, Action<WeChatUnionPushBuilder>? choose = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(Captured.Provider);
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var registration = builder.Services.AddWeChatUnionPush(section is null ? configuration.GetSection("WeChat") : section(configuration));
        choose?.Invoke(registration);
        using var host = builder.Build();
        await host.StartAsync();
        await host.StopAsync();
    }

    private static ServiceProvider Build(Town town, Action<WeChatUnionPushOptions>? configure = null, Action<WeChatUnionPushBuilder>? choose = null)
    {
        var services = new ServiceCollection();
        var builder = services.AddWeChatUnionPush(options =>
        {
            Town.SetCredentials(options);
            configure?.Invoke(options);
        }).UseSimulator(town.Platform);
        choose?.Invoke(builder);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    private sealed class NoHandler : IWeChatEventHandler
    {
        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default) => default;
    }

    private sealed class LeavingStorage(TimeProvider time) : IUnionPushStorage
    {
        private readonly InMemoryUnionPushStorage _inner = new(time);

        public bool IsAway { get; set; }

        public IUnionIdRepository Identities => _inner.Identities;

        public IAccessTokenStore AccessTokens => _inner.AccessTokens;

        public IFollowerSyncStore FollowerSyncs => IsAway ? throw new UnionPushStorageException("the server went away", isTransient: true) : _inner.FollowerSyncs;

        public IWeChatEventInbox EventInbox => _inner.EventInbox;

        public IMessageReceipts Receipts => _inner.Receipts;

        public ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default) => default;
    }
}
