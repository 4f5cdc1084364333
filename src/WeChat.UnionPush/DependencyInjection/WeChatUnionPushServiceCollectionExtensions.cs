using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using WeChat.UnionPush;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers WeChat.UnionPush.</summary>
public static class WeChatUnionPushServiceCollectionExtensions
{
    /// <summary>Adds the default registration, with options from a configuration section such as <c>WeChat</c>.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The section that holds <c>OfficialAccount:AppId</c> and the rest of <see cref="WeChatUnionPushOptions"/>.</param>
    /// <returns>The choices of the registration. <see cref="IUnionPush"/> and its parts are singletons without a key.</returns>
    /// <exception cref="InvalidOperationException">There is a default registration already.</exception>
    public static WeChatUnionPushBuilder AddWeChatUnionPush(this IServiceCollection services, IConfiguration configuration) =>
        services.AddWeChatUnionPush(Options.Options.DefaultName, configuration);

    /// <summary>Adds the default registration.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets the options; what they lack is reported when the host starts.</param>
    /// <returns>The choices of the registration. <see cref="IUnionPush"/> and its parts are singletons without a key.</returns>
    /// <exception cref="InvalidOperationException">There is a default registration already.</exception>
    public static WeChatUnionPushBuilder AddWeChatUnionPush(this IServiceCollection services, Action<WeChatUnionPushOptions> configure) =>
        services.AddWeChatUnionPush(Options.Options.DefaultName, configure);

    /// <summary>Adds a named registration: another brand, or another Mini Program of the same Official Account.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The name, which is also the key of its services: <c>[FromKeyedServices("brand-b")] IUnionPush push</c>.</param>
    /// <param name="configuration">The section that holds its options.</param>
    /// <exception cref="InvalidOperationException">There is a registration of that name already.</exception>
    public static WeChatUnionPushBuilder AddWeChatUnionPush(this IServiceCollection services, string name, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var builder = Add(services, name);
        builder.Registration.Configuration = configuration;
        services.AddSingleton<IOptionsChangeTokenSource<WeChatUnionPushOptions>>(new ConfigurationChangeTokenSource<WeChatUnionPushOptions>(name, configuration));
        services.Configure<WeChatUnionPushOptions>(name, options => Bind(configuration, name, options));
        return builder;
    }

    /// <summary>Adds a named registration: another brand, or another Mini Program of the same Official Account.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The name, which is also the key of its services: <c>[FromKeyedServices("brand-b")] IUnionPush push</c>.</param>
    /// <param name="configure">Sets the options; what they lack is reported when the host starts.</param>
    /// <exception cref="InvalidOperationException">There is a registration of that name already.</exception>
    public static WeChatUnionPushBuilder AddWeChatUnionPush(this IServiceCollection services, string name, Action<WeChatUnionPushOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = Add(services, name);
        services.Configure(name, configure);
        return builder;
    }

    private static WeChatUnionPushBuilder Add(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        var registrations = Registrations.In(services);
        var registration = registrations.Add(name);
        services.AddOptions<WeChatUnionPushOptions>(name).ValidateOnStart();
        ClientServices.Add(registrations, registration);
        StorageServices.AddDefault(registrations, registration.Key);
        AccountServices.Add(registrations, registration);
        EndServices.Add(registrations, registration);
        PeopleServices.Add(registrations, registration);
        RouteServices.Add(registrations, registration);
        DoctorServices.Add(registrations, registration);
        BroadcastServices.Add(registrations, registration);
        if (registration.Key is not null)
        {
            NamedOnly.Add(registrations);
        }

        return new WeChatUnionPushBuilder(registrations, registration);
    }

    private static void Bind(IConfiguration configuration, string name, WeChatUnionPushOptions options)
    {
        try
        {
            configuration.Bind(options);
        }
        catch (InvalidOperationException exception)
        {
            // The binder quotes the value, and an address may hold a password. Without the exception itself, which says it again.
            throw new OptionsValidationException(name, typeof(WeChatUnionPushOptions), [$"{Registration.TitleOf(name)}: {Redaction.Quote(exception.Message)}"]);
        }
    }
}
