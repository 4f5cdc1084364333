namespace WeChat.UnionPush.Templates;

/// <summary>
/// The Mini Program's own subscription templates (订阅消息, "我的模板"), and the library they are chosen from.
/// See <see href="https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/"/>.
/// </summary>
public interface ISubscribeTemplateCatalog
{
    /// <summary>All subscription templates of the Mini Program (<c>newtmpl/gettemplate</c>).</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    Task<IReadOnlyList<MessageTemplate>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes the templates as the JSON that <c>newtmpl/gettemplate</c> answers, UTF-8 and indented: a list from which the source generator makes a record for
    /// each template, in the namespace <c>WeChatTemplates.Subscribe</c>.
    /// </summary>
    /// <param name="output">The stream to write to.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused; nothing was written.</exception>
    Task ExportAsync(Stream output, CancellationToken cancellationToken = default);

    /// <summary>Adds a template of the library to the Mini Program (<c>newtmpl/addtemplate</c>).</summary>
    /// <param name="libraryId">Its id in the library (<c>tid</c>).</param>
    /// <param name="keywordIds">Two to five of its keywords (<c>kid</c>), in the order in which they are shown.</param>
    /// <param name="scene">What the messages are about (<c>sceneDesc</c>), at most 15 characters.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Id of the template in the Mini Program (<c>priTmplId</c>).</returns>
    /// <exception cref="WeChatApiException">The platform refused: 200012 when the Mini Program has too many, 200014 for a wrong id, 200020 for wrong keywords, 200021
    /// for the scene.</exception>
    Task<string> AddAsync(string libraryId, IReadOnlyList<int> keywordIds, string scene, CancellationToken cancellationToken = default);

    /// <summary>Removes a template from the Mini Program (<c>newtmpl/deltemplate</c>). Messages with it can no longer be sent.</summary>
    /// <param name="templateId">Its id in the Mini Program.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    Task RemoveAsync(string templateId, CancellationToken cancellationToken = default);

    /// <summary>The categories of the Mini Program (服务类目), whose templates it may add (<c>newtmpl/getcategory</c>).</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    Task<IReadOnlyList<SubscribeTemplateCategory>> ListCategoriesAsync(CancellationToken cancellationToken = default);

    /// <summary>The templates that the library has for some categories (<c>newtmpl/getpubtemplatetitles</c>), fetched 30 at a time while they are read.</summary>
    /// <param name="categoryIds">Ids of the categories, of those that <see cref="ListCategoriesAsync"/> tells.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException"><paramref name="categoryIds"/> is empty.</exception>
    /// <exception cref="WeChatApiException">The platform refused: 200019 for an id that is no category.</exception>
    IAsyncEnumerable<SubscribeLibraryTemplate> ListLibraryAsync(IReadOnlyCollection<int> categoryIds, CancellationToken cancellationToken = default);

    /// <summary>The keywords of a template of the library (<c>newtmpl/getpubtemplatekeywords</c>).</summary>
    /// <param name="libraryId">Its id in the library (<c>tid</c>).</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    Task<IReadOnlyList<SubscribeTemplateKeyword>> ListKeywordsAsync(string libraryId, CancellationToken cancellationToken = default);
}
