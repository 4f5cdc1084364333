namespace WeChat.UnionPush.Simulator;

/// <summary>A key of a template, with its rule in words.</summary>
internal sealed record TemplateKey(string Key, string Label, string? Type, string En, string Zh, IReadOnlyList<string>? Approved);
