namespace WeChat.UnionPush;

/// <summary>The Mini Program page that a tap on a template message opens.</summary>
/// <param name="AppId">App id of a published Mini Program that is associated (关联) with the Official Account.</param>
/// <param name="PagePath">Page with its parameters, such as <c>pages/order?id=42</c>; <see langword="null"/> opens the home page.</param>
public sealed record MiniProgramLink(string AppId, string? PagePath = null);
