namespace WeChat.UnionPush.Testing;

/// <summary>A template of the platform's public library (模板库), from which accounts add their own.</summary>
internal sealed record LibraryTemplate(string Title, IReadOnlyList<(string Label, string Type)> Keywords);
