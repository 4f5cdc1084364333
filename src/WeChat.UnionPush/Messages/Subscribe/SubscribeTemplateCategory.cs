namespace WeChat.UnionPush.Templates;

/// <summary>A category of the Mini Program (服务类目).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, such as <c>快递业与邮政</c>.</param>
public sealed record SubscribeTemplateCategory(int Id, string Name);
