namespace WeChat.UnionPush.Callbacks;

/// <summary><c>unsubscribe</c>: a person no longer follows the Official Account. The platform asks to delete what is stored about them.</summary>
/// <param name="Callback">Sender, time and body of the push.</param>
public sealed record UnsubscribeEvent(WeChatCallback Callback) : IWeChatEvent;
