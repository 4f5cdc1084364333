namespace WeChat.UnionPush.Callbacks;

/// <summary><c>user_authorization_cancellation</c>: a person deleted their account. Everything stored about them must be deleted.</summary>
/// <param name="Callback">Sender, time and body of the push.</param>
/// <param name="OpenId"><c>OpenID</c>: the openid of the person it is about.</param>
/// <param name="AppId"><c>AppID</c>: the app that openid belongs to; the callback's own where the push names none.</param>
/// <param name="RevokeInfo"><c>RevokeInfo</c>: which kinds of data it is about, as the platform wrote it; or <see langword="null"/>.</param>
public sealed record AuthorizationCancelledEvent(WeChatCallback Callback, string OpenId, string AppId, string? RevokeInfo) : IWeChatEvent;
