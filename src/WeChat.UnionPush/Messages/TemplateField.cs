namespace WeChat.UnionPush;

/// <summary>One field of a template message: the text that replaces <c>{{key.DATA}}</c> of the template.</summary>
/// <param name="Key">Key as the template has it, such as <c>thing1</c>, <c>time4</c> or <c>keyword2</c>.</param>
/// <param name="Value">The text.</param>
/// <param name="Color">Colour such as <c>#173177</c>, or <see langword="null"/>. The platform still accepts it, but has shown no colours since May 2023.</param>
public readonly record struct TemplateField(string Key, string Value, string? Color = null);
