namespace WeChat.UnionPush;

/// <summary>The ways on which a push can reach a person.</summary>
public enum PushChannel
{
    /// <summary>The Official Account's template message (模板消息), which followers get.</summary>
    TemplateMessage = 0,

    /// <summary>The Mini Program's subscribe message (订阅消息), which needs a tap for each message.</summary>
    SubscribeMessage,

    /// <summary>The Official Account's subscribe notice (订阅通知), which needs a tap for each notice.</summary>
    SubscribeNotice,

    /// <summary>The Official Account's customer service message (客服消息), for a while after the person wrote, followed, scanned a code or used the menu.</summary>
    CustomerService,

    /// <summary>The host's own way (<see cref="IReachFallback"/>), such as SMS or e-mail.</summary>
    Fallback,
}
