namespace WeChat.UnionPush.Templates;

/// <summary>
/// The Official Account's own templates (模板库里"我的模板"). See <see href="https://developers.weixin.qq.com/doc/service/api/notify/template/"/>.
/// </summary>
public interface ITemplateCatalog
{
    /// <summary>
    /// All templates of the account (<c>get_all_private_template</c>), from a copy that is at most <c>TemplateMessages:CatalogLifetime</c> old. The copy is
    /// discarded when the platform answers a send with 40037, and after every change made here.
    /// </summary>
    /// <param name="refresh">Asks the platform even when there is a copy.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    ValueTask<IReadOnlyList<MessageTemplate>> ListAsync(bool refresh = false, CancellationToken cancellationToken = default);

    /// <summary>One template of the account, or <see langword="null"/> when there is none with that id.</summary>
    /// <param name="templateId">Its id (<c>template_id</c>).</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    ValueTask<MessageTemplate?> FindAsync(string templateId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes the templates as the JSON that <c>get_all_private_template</c> answers, UTF-8 and indented: the <c>templates.json</c> from which the source generator
    /// makes a record for each template. It always calls the platform.
    /// </summary>
    /// <param name="output">The stream to write to.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused; nothing was written.</exception>
    Task ExportAsync(Stream output, CancellationToken cancellationToken = default);

    /// <summary>Adds a template from the platform's library to the account (<c>api_add_template</c>). An account holds at most 25.</summary>
    /// <param name="libraryId">Its id in the library: a number such as <c>47123</c> for a category template (类目模板), or <c>TM…</c>, <c>OPENTM…</c>.</param>
    /// <param name="keywords">For a category template: the keywords to use, in the order in which they are shown.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The id of the template in the account.</returns>
    /// <exception cref="WeChatApiException">The platform refused: 45026 when the account has too many, 45027 when the template belongs to another
    /// industry, 40246 for wrong keywords.</exception>
    Task<string> AddAsync(string libraryId, IReadOnlyList<string>? keywords = null, CancellationToken cancellationToken = default);

    /// <summary>Removes a template from the account (<c>del_private_template</c>). Messages with it can no longer be sent.</summary>
    /// <param name="templateId">Its id in the account.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused; 40037 when the account has no such template.</exception>
    Task RemoveAsync(string templateId, CancellationToken cancellationToken = default);

    /// <summary>The account's two industries (<c>get_industry</c>).</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    Task<TemplateIndustries> GetIndustriesAsync(CancellationToken cancellationToken = default);

    /// <summary>Changes the account's industries (<c>api_set_industry</c>). Allowed once a month. It DELETES the templates of the previous industries.</summary>
    /// <param name="primary">Number of the first industry, 1 to 41 in the platform's list.</param>
    /// <param name="secondary">Number of the second industry.</param>
    /// <param name="deleteTemplatesOfFormerIndustries">Must be <see langword="true"/>, to confirm that the templates may be deleted.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException"><paramref name="deleteTemplatesOfFormerIndustries"/> is <see langword="false"/>; the platform was not called.</exception>
    /// <exception cref="WeChatApiException">The platform refused; 43100 when they were changed less than a month ago.</exception>
    Task SetIndustriesAsync(int primary, int secondary, bool deleteTemplatesOfFormerIndustries, CancellationToken cancellationToken = default);

    /// <summary>Lists messages of a template that the platform held back (<c>queryblocktmplmsg</c>), a hundred a call.</summary>
    /// <param name="templateId">Id of the template.</param>
    /// <param name="cancellationToken">Ends the list.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    IAsyncEnumerable<BlockedTemplateMessage> ListBlockedAsync(string templateId, CancellationToken cancellationToken = default);
}
