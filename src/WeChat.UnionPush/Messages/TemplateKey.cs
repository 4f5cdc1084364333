namespace WeChat.UnionPush.Templates;

/// <summary>One key of a template.</summary>
/// <param name="Name">The key, such as <c>thing1</c> or <c>keyword2</c>.</param>
/// <param name="Label">The text before it on the phone, such as <c>商品名称</c>; empty when there is none.</param>
/// <param name="Type">The type that the key's name carries.</param>
public readonly record struct TemplateKey(string Name, string Label, TemplateParameterType Type);
