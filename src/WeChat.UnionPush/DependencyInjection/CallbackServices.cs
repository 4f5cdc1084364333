using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>The services of a registration that receives the platform's pushes.</summary>
internal static class CallbackServices
{
    public static void Add(WeChatUnionPushBuilder builder)
    {
        var (services, name, key) = (builder.Services, builder.Name, builder.ServiceKey);
        if (services.Any(service => service.ServiceType == typeof(WeChatEventIntake) && Equals(service.ServiceKey, key)))
        {
            return;
        }

        services.AddSingleton<IValidateOptions<WeChatUnionPushOptions>>(new WeChatEventOptionsValidator(name));
        services.Add(new ServiceDescriptor(typeof(WeChatEventIntake), key, (provider, _) => Intake(provider, key), ServiceLifetime.Singleton));
        services.Add(new ServiceDescriptor(typeof(IWeChatCallbackReceiver), key, (provider, _) => Receiver(provider, name, key), ServiceLifetime.Singleton));
        services.AddSingleton<IHostedService>(provider => Processor(provider, name, key));
    }

    private static WeChatEventIntake Intake(IServiceProvider provider, object? key)
    {
        var hasHandlers = HasHandlers(provider, key);
        var hasReceipts = provider.Find<MessageReceiptLog>(key) is not null;
        return new(
            provider.Get<IWeChatEventInbox>(key),
            @event => hasHandlers || (hasReceipts && @event is TemplateSendJobFinishEvent) || FollowerUpdates.Concerns(@event),
            provider.GetRequiredService<TimeProvider>());
    }

    private static WeChatCallbackReceiver Receiver(IServiceProvider provider, string name, object? key)
    {
        var time = provider.GetRequiredService<TimeProvider>();
        return new(
            [.. Apps(provider.OptionsOf(name)).Select(app => new WeChatCallbackReader(app.AppId, app.Callback, time))],
            provider.Get<WeChatEventIntake>(key),
            provider.GetRequiredService<ILogger<WeChatCallbackReceiver>>());
    }

    private static WeChatEventProcessor Processor(IServiceProvider provider, string name, object? key)
    {
        var options = provider.OptionsOf(name);
        var time = provider.GetRequiredService<TimeProvider>();
        var receipts = provider.Find<MessageReceiptLog>(key) is null ? null : provider.Get<IMessageReceipts>(key);
        return new(
            provider.Get<WeChatEventIntake>(key),
            provider.Get<IWeChatEventInbox>(key),
            [.. Apps(options).Select(static app => app.AppId)],
            new FollowerUpdates(
                options.OfficialAccount.AppId,
                provider.Get<IFollowerSource>(key),
                provider.Get<IUnionIdRepository>(key),
                receipts,
                options.Callback.OnUnsubscribe,
                time),
            receipts,
            HasHandlers(provider, key) ? provider.GetRequiredService<IServiceScopeFactory>() : null,
            key,
            options.Callback,
            time,
            provider.GetRequiredService<ILogger<WeChatEventProcessor>>());
    }

    private static IEnumerable<(string AppId, WeChatCallbackOptions Callback)> Apps(WeChatUnionPushOptions options)
    {
        if (WeChatEventOptionsValidator.IsUsed(options.Callback.OfficialAccount))
        {
            yield return (options.OfficialAccount.AppId, options.Callback.OfficialAccount);
        }

        if (WeChatEventOptionsValidator.IsUsed(options.Callback.MiniProgram))
        {
            yield return (options.MiniProgram.AppId, options.Callback.MiniProgram);
        }
    }

    /// <summary>A container that cannot tell is taken to have some.</summary>
    private static bool HasHandlers(IServiceProvider provider, object? key) => key is null
        ? provider.GetService<IServiceProviderIsService>()?.IsService(typeof(IWeChatEventHandler)) != false
        : provider.GetService<IServiceProviderIsKeyedService>()?.IsKeyedService(typeof(IWeChatEventHandler), key) != false;
}
