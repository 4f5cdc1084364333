using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>The services of a registration that receives the platform's pushes.</summary>
internal static class CallbackServices
{
    public static void Add(Registrations registrations, Registration registration)
    {
        if (registration.HasCallback)
        {
            return;
        }

        var (name, key) = (registration.Name, registration.Key);
        registration.HasCallback = true;
        registrations.Add(key, provider => Steps(provider, name, key));
        registrations.Add(key, provider => new WeChatEventIntake(
            provider.Get<IWeChatEventInbox>(key), provider.Get<EventSteps>(key).Wants, provider.GetRequiredService<TimeProvider>()));
        registrations.Add<IWeChatCallbackReceiver>(key, provider => Receiver(provider, name, key));
        registrations.Services.AddSingleton<IHostedService>(provider => Processor(provider, name, key));
        registrations.Services.AddSingleton<IHostedService>(provider => new ExpiryService(
            "events",
            provider.Get<IWeChatEventInbox>(key).ExpireAsync,
            provider.OptionsOf(name).Callback.KeepEventsFor,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ExpiryService>>()));
    }

    /// <summary>Adds a handler. A registration of the host's own, such as that of a typed client, makes it.</summary>
    public static void AddHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(Registrations registrations, Registration registration)
        where THandler : class, IWeChatEventHandler
    {
        var services = registrations.Services;
        if (registrations.Find(typeof(THandler), key: null) is null)
        {
            services.AddScoped<THandler>();
        }

        // Two of one class are told apart by their order.
        var name = typeof(THandler).FullName!;
        var count = registration.EventHandlers[name] = registration.EventHandlers.GetValueOrDefault(name) + 1;
        services.Add(new ServiceDescriptor(
            typeof(EventHandlerRegistration),
            registration.Key,
            new EventHandlerRegistration(count == 1 ? name : $"{name}#{count}", static provider => provider.GetRequiredService<THandler>())));
    }

    private static EventSteps Steps(IServiceProvider provider, string name, object? key)
    {
        var options = provider.OptionsOf(name);
        var time = provider.GetRequiredService<TimeProvider>();
        var receipts = provider.Find<MessageReceiptLog>(key) is null ? null : provider.Get<IMessageReceipts>(key);
        var followers = new FollowerUpdates(
            options.Apps,
            provider.Get<IFollowerSource>(key),
            provider.RepositoryOf(key),
            provider.Get<IFollowerSyncStore>(key),
            provider.Get<PersonEraser>(key),
            options.Callback.OnUnsubscribe,
            time);
        var handlers = key is null ? provider.GetServices<EventHandlerRegistration>() : provider.GetKeyedServices<EventHandlerRegistration>(key);
        var consents = provider.Get<IUnionPushStorage>(key).Consents is { } ledger ? new ConsentUpdates(ledger) : null;
        LinkUpdates? links = null;
        HeldUpdates? held = null;
        if (provider.Find<FollowLinkBook>(key) is { } book)
        {
            var repository = provider.RepositoryOf(key);
            links = new LinkUpdates(options.Apps, book, followers, repository, SendHeldAsync, provider.GetRequiredService<ILogger<LinkUpdates>>());
            held = new HeldUpdates(options.Apps, followers, repository, book, SendHeldAsync);
        }

        var late = provider.Find<ReachLadder>(key) is { GoesOnLate: true } reach ? new LateUpdates(options.OfficialAccount.AppId, reach.FailedAsync) : null;
        var windows = provider.Find<ServiceWindows>(key) is { } known ? new WindowUpdates(options.OfficialAccount.AppId, known, options.Callback.OnUnsubscribe) : null;
        return new(followers, links, held, late, consents, windows, receipts, [.. handlers], provider.GetRequiredService<IServiceScopeFactory>(), time);

        // Two registrations may share an Official Account, and so the codes that are scanned.
        async Task SendHeldAsync(string miniProgramAppId, string openId, CancellationToken cancellationToken)
        {
            var registration = provider.GetRequiredService<Registrations>().All.FirstOrDefault(registration => registration.HasFollowLinks
                && string.Equals(provider.OptionsOf(registration.Name).MiniProgram.AppId, miniProgramAppId, StringComparison.Ordinal));
            if (registration is not null && !await provider.Get<HeldPushes>(registration.Key).SendAsync(openId, cancellationToken).ConfigureAwait(false))
            {
                throw new InvalidOperationException("A message that is held for the user is being tried by another machine; the event is handled again later.");
            }
        }
    }

    private static WeChatCallbackReceiver Receiver(IServiceProvider provider, string name, object? key)
    {
        var time = provider.GetRequiredService<TimeProvider>();
        var options = provider.OptionsOf(name);
        return new(
            new CallbackReader([.. Apps(options).Select(app => new CallbackApp(app.Section, app.AppId, app.Callback, time))], options.Callback.MaxBodyLength),
            provider.Get<WeChatEventIntake>(key),
            time,
            provider.GetRequiredService<ILogger<WeChatCallbackReceiver>>());
    }

    private static WeChatEventProcessor Processor(IServiceProvider provider, string name, object? key)
    {
        var options = provider.OptionsOf(name);
        return new(
            provider.Get<WeChatEventIntake>(key),
            provider.Get<IWeChatEventInbox>(key),
            [.. Apps(options).Select(static app => app.AppId)],
            provider.Get<EventSteps>(key),
            options.Callback,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WeChatEventProcessor>>());
    }

    private static IEnumerable<(string Section, string AppId, WeChatCallbackAppOptions Callback)> Apps(WeChatUnionPushOptions options)
    {
        if (options.Callback.OfficialAccount.IsUsed)
        {
            yield return ("Callback:OfficialAccount", options.OfficialAccount.AppId, options.Callback.OfficialAccount);
        }

        if (options.Callback.MiniProgram.IsUsed)
        {
            yield return ("Callback:MiniProgram", options.MiniProgram.AppId, options.Callback.MiniProgram);
        }
    }
}
