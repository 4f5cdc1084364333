namespace WeChat.UnionPush.Simulator;

/// <summary>A line of a card: the label of the template and the value.</summary>
internal sealed record CardField(string Key, string Label, string Value);
