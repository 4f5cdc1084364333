namespace WeChat.UnionPush.Callbacks;

/// <summary>Something the platform pushed. What the library knows has a type of its own; everything else is an <see cref="OtherEvent"/>.</summary>
public interface IWeChatEvent
{
    /// <summary>Sender, time and body of the push.</summary>
    WeChatCallback Callback { get; }
}
