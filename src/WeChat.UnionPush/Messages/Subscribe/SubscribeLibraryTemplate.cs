namespace WeChat.UnionPush.Templates;

/// <summary>A template of the library that Mini Programs add theirs from.</summary>
/// <param name="Id">Its id in the library (<c>tid</c>).</param>
/// <param name="Title">Its title.</param>
/// <param name="CategoryId">The category it belongs to.</param>
/// <param name="IsLongTerm">Whether one consent is good for many messages, which only some trades may use.</param>
public sealed record SubscribeLibraryTemplate(string Id, string Title, int CategoryId, bool IsLongTerm);
