namespace WeChat.UnionPush;

/// <summary>What a host gets that asks for a service without a key while all its registrations have names.</summary>
internal static class NamedOnly
{
    public static void Add(Registrations services)
    {
        AddExplanation<IUnionPush>(services);
        AddExplanation<IMiniProgramSession>(services);
        AddExplanation<ITemplateMessageSender>(services);
        AddExplanation<ITemplateCatalog>(services);
        AddExplanation<IFollowerSource>(services);
        AddExplanation<IAccessTokenProvider>(services);
        AddExplanation<IWeChatDiagnostics>(services);
        AddExplanation<IBroadcasts>(services);
    }

    private static void AddExplanation<TService>(Registrations services)
        where TService : class => services.AddStopgap<TService>(_ =>
    {
        var names = services.All.Select(static registration => registration.Name).ToArray();
        throw new InvalidOperationException(
            $"{typeof(TService).Name} was asked for without a key, but WeChat.UnionPush has no default registration here, "
                + $"only {string.Join(", ", names.Select(static name => $"'{name}'"))}. "
            + $"Ask for one by its name, as in [FromKeyedServices(\"{names[0]}\")] {typeof(TService).Name}, or leave the name out of one AddWeChatUnionPush.");
    });
}
