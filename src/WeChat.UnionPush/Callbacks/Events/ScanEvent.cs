namespace WeChat.UnionPush.Callbacks;

/// <summary><c>SCAN</c>: a follower scanned a QR code of the Official Account.</summary>
/// <param name="Callback">Sender, time and body of the push.</param>
/// <param name="Scene">The scene of the QR code, or <see langword="null"/>.</param>
/// <param name="Ticket">The ticket of the QR code, or <see langword="null"/>.</param>
public sealed record ScanEvent(WeChatCallback Callback, string? Scene, string? Ticket) : IWeChatEvent;
