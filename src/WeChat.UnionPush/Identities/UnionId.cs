namespace WeChat.UnionPush;

/// <summary>A UnionID, which must not be taken for an openid.</summary>
/// <param name="Value">What the platform calls the person in all apps of an Open Platform account.</param>
internal readonly record struct UnionId(string Value);
