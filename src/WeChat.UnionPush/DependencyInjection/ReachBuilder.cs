using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace WeChat.UnionPush;

/// <summary>
/// Chooses what a push tries, in the order of the calls, where the template message cannot arrive for a reason of the recipient's. A message goes over the
/// channels that it has something for.
/// </summary>
public sealed class ReachBuilder
{
    private readonly IServiceCollection _services;
    private readonly List<(PushChannel Channel, Func<IServiceProvider, ReachRung> Make)> _rungs = [];
    private readonly string _name;
    private readonly object? _key;

    internal ReachBuilder(IServiceCollection services, string name, object? key) => (_services, _name, _key) = (services, name, key);

    /// <summary>
    /// How long a message with an idempotency key is remembered, so that the same push, from any machine, goes over no other channel. A day by default; at least
    /// the ten minutes for which the platform knows a template message again.
    /// </summary>
    public TimeSpan KeepKeysFor { get; private set; } = TimeSpan.FromDays(1);

    /// <summary>Whether an accepted message goes on where the platform tells later that it did not arrive.</summary>
    public bool GoesOnLate { get; private set; }

    internal bool HasCustomerService => _rungs.Exists(static rung => rung.Channel == PushChannel.CustomerService);

    /// <summary>Tries the Mini Program's subscribe message (<see cref="TemplateMessageBuilder.ForSubscribe"/>), where the ledger knows of a tap.</summary>
    public ReachBuilder SubscribeMessage() => Add(
        PushChannel.SubscribeMessage, provider => ReachRung.Subscribe(provider.Get<SubscribeMessageSender>(_key), provider.OptionsOf(_name).TemplateMessages.WhenValuesDoNotFit));

    /// <summary>Tries the Official Account's subscribe notice (<see cref="TemplateMessageBuilder.ForNotice"/>), where the ledger knows of a tap.</summary>
    public ReachBuilder SubscribeNotice() => Add(
        PushChannel.SubscribeNotice, provider => ReachRung.Notice(provider.Get<SubscribeMessageSender>(_key), provider.OptionsOf(_name).TemplateMessages.WhenValuesDoNotFit));

    /// <summary>
    /// Tries a customer service message (<see cref="TemplateMessageBuilder.ForCustomerService"/>), where the callback told that the person wrote within 48 hours,
    /// or followed, scanned a code or used the menu within a minute. Needs <see cref="WeChatUnionPushBuilder.AddCallback"/>, on this machine or another.
    /// </summary>
    public ReachBuilder CustomerService() => Add(PushChannel.CustomerService, provider => ReachRung.CustomerService(
        new CustomerServiceSender(provider.Get<AccountApis>(_key).OfficialAccount, provider.Get<ServiceWindows>(_key))));

    /// <summary>Tries the host's own way.</summary>
    /// <typeparam name="TFallback">The host's class. Made anew for each message, in a scope of its own, unless the host registered the class otherwise.</typeparam>
    public ReachBuilder Fallback<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFallback>()
        where TFallback : class, IReachFallback
    {
        _services.TryAddScoped<TFallback>();
        return Add(PushChannel.Fallback, static provider => ReachRung.Fallback<TFallback>(provider.GetRequiredService<IServiceScopeFactory>()));
    }

    /// <summary>Remembers messages with an idempotency key for another time than a day.</summary>
    /// <param name="time">The time, at least ten minutes.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is shorter.</exception>
    public ReachBuilder RememberKeysFor(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.FromMinutes(10));
        KeepKeysFor = time;
        return this;
    }

    /// <summary>
    /// Goes on to the next channel also where the platform accepted a message and tells later that it did not arrive: <c>failed:user block</c> of a template
    /// message, an error in <c>subscribe_msg_sent_event</c>. Off by default, because each accepted message is then noted for an hour, which costs a write. Needs
    /// <see cref="WeChatUnionPushBuilder.AddCallback"/> on a registration with the same channels, here or in a process that shares the storage.
    /// </summary>
    public ReachBuilder AfterFailedDelivery()
    {
        GoesOnLate = true;
        return this;
    }

    internal IReadOnlyList<ReachRung> Make(IServiceProvider provider) => [.. _rungs.Select(rung => rung.Make(provider))];

    internal void RefuseEmpty(string parameter)
    {
        if (_rungs.Count == 0)
        {
            throw new ArgumentException("AddReach chose no channel. Write AddReach(reach => reach.SubscribeMessage()), or another one.", parameter);
        }
    }

    private ReachBuilder Add(PushChannel channel, Func<IServiceProvider, ReachRung> make)
    {
        if (channel != PushChannel.Fallback && _rungs.Exists(rung => rung.Channel == channel))
        {
            throw new InvalidOperationException($"AddReach has the channel {channel} twice.");
        }

        _rungs.Add((channel, make));
        return this;
    }
}
