namespace WeChat.UnionPush.Templates;

/// <summary>A keyword that a template of the library offers.</summary>
/// <param name="Id">Its id in the template (<c>kid</c>).</param>
/// <param name="Name">Its label, such as <c>商品名称</c>.</param>
/// <param name="Example">A sample value.</param>
/// <param name="Rule">The type of its values (<c>rule</c>), such as <c>thing</c>.</param>
public sealed record SubscribeTemplateKeyword(int Id, string Name, string Example, string Rule);
