namespace WeChat.UnionPush.Simulator;

/// <summary>What the platform says to one value of a template.</summary>
/// <param name="Key">The key.</param>
/// <param name="Label">Its label in the template.</param>
/// <param name="Type">Its type; null when it has none.</param>
/// <param name="Ok">Whether the platform takes it.</param>
/// <param name="Unproven">Whether nobody has proof of that.</param>
/// <param name="En">The rule, or what is wrong, in English.</param>
/// <param name="Zh">The same in Chinese.</param>
internal sealed record FieldFinding(string Key, string Label, string? Type, bool Ok, bool Unproven, string En, string Zh);
