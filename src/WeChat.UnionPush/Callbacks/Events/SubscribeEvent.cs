namespace WeChat.UnionPush.Callbacks;

/// <summary><c>subscribe</c>: a person followed the Official Account.</summary>
/// <param name="Callback">Sender, time and body of the push.</param>
/// <param name="Scene">The scene of the QR code that was scanned, without its <c>qrscene_</c>; <see langword="null"/> when none was.</param>
/// <param name="Ticket">The ticket of that QR code, or <see langword="null"/>.</param>
public sealed record SubscribeEvent(WeChatCallback Callback, string? Scene, string? Ticket) : IWeChatEvent;
