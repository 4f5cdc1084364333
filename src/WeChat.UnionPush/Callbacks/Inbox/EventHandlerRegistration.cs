namespace WeChat.UnionPush.Callbacks;

/// <summary>One handler of the host.</summary>
/// <param name="Name">Its name in the progress of an event, the same in every process that runs the same code.</param>
/// <param name="Create">Resolves it from a scope.</param>
internal sealed record EventHandlerRegistration(string Name, Func<IServiceProvider, IWeChatEventHandler> Create);
