namespace WeChat.UnionPush;

/// <summary>An openid with the app it belongs to: the same person has another one in each app.</summary>
/// <param name="AppId">The app.</param>
/// <param name="Value">What the platform calls the person there.</param>
internal readonly record struct OpenId(string AppId, string Value);
