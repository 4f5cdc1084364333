namespace WeChat.UnionPush.Templates;

/// <summary>The two industries (行业) of an Official Account, as the platform names them.</summary>
/// <param name="Primary">The first one, such as <c>IT科技 / 互联网|电子商务</c>.</param>
/// <param name="Secondary">The second one; empty when there is none.</param>
public sealed record TemplateIndustries(string Primary, string Secondary);
