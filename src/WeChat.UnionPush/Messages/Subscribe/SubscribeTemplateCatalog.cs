using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>The Mini Program's subscription templates over <c>/wxaapi/newtmpl</c>.</summary>
internal sealed class SubscribeTemplateCatalog(AccountApi api) : ISubscribeTemplateCatalog
{
    // The platform's most.
    private const int LibraryPage = 30;
    private const int OneTime = 2;
    private const int LongTerm = 3;

    public async Task<IReadOnlyList<MessageTemplate>> ListAsync(CancellationToken cancellationToken = default)
    {
        var answer = await api.CallOrThrowAsync(SubscribeEndpoints.TemplateList, query: null, cancellationToken).ConfigureAwait(false);
        var templates = new List<MessageTemplate>();
        foreach (var template in answer.Templates!)
        {
            if (!string.IsNullOrWhiteSpace(template.Id))
            {
                templates.Add(new MessageTemplate(template.Id, template.Title ?? "", template.Content ?? "")
                {
                    Example = template.Example,
                    IsLongTerm = template.Type == LongTerm,
                });
            }
        }

        return templates;
    }

    public async Task ExportAsync(Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        var templates = await ListAsync(cancellationToken).ConfigureAwait(false);
        var writer = new Utf8JsonWriter(output, WireText.IndentedOptions);
        await using (writer.ConfigureAwait(false))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("data"u8);
            foreach (var template in templates)
            {
                writer.WriteStartObject();
                writer.WriteString("priTmplId"u8, template.Id);
                writer.WriteString("title"u8, template.Title);
                writer.WriteString("content"u8, template.Content);
                writer.WriteString("example"u8, template.Example ?? "");
                writer.WriteNumber("type"u8, template.IsLongTerm ? LongTerm : OneTime);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<string> AddAsync(string libraryId, IReadOnlyList<int> keywordIds, string scene, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(libraryId);
        ArgumentNullException.ThrowIfNull(keywordIds);
        ArgumentException.ThrowIfNullOrWhiteSpace(scene);
        var answer = await api.PostOrThrowAsync(
            SubscribeEndpoints.TemplateAdd,
            writer =>
            {
                writer.WriteString("tid"u8, libraryId);
                writer.WriteStartArray("kidList"u8);
                foreach (var keyword in keywordIds)
                {
                    writer.WriteNumberValue(keyword);
                }

                writer.WriteEndArray();
                writer.WriteString("sceneDesc"u8, scene);
            },
            cancellationToken).ConfigureAwait(false);
        return answer.TemplateId!;
    }

    public async Task RemoveAsync(string templateId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(templateId);
        await api.PostOrThrowAsync(SubscribeEndpoints.TemplateDelete, writer => writer.WriteString("priTmplId"u8, templateId), cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<SubscribeTemplateCategory>> ListCategoriesAsync(CancellationToken cancellationToken = default)
    {
        var answer = await api.CallOrThrowAsync(SubscribeEndpoints.Categories, query: null, cancellationToken).ConfigureAwait(false);
        return answer.Categories!.ConvertAll(static category => new SubscribeTemplateCategory(category.Id, category.Name ?? ""));
    }

    public IAsyncEnumerable<SubscribeLibraryTemplate> ListLibraryAsync(IReadOnlyCollection<int> categoryIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(categoryIds);
        return categoryIds.Count > 0
            ? ReadLibraryAsync(string.Join("%2C", categoryIds.Select(static id => id.ToString(CultureInfo.InvariantCulture))), cancellationToken)
            : throw new ArgumentException("Give at least one category.", nameof(categoryIds));
    }

    public async Task<IReadOnlyList<SubscribeTemplateKeyword>> ListKeywordsAsync(string libraryId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(libraryId);
        var answer = await api.CallOrThrowAsync(SubscribeEndpoints.Keywords, $"tid={Uri.EscapeDataString(libraryId)}", cancellationToken).ConfigureAwait(false);
        return answer.Keywords!.ConvertAll(static keyword => new SubscribeTemplateKeyword(keyword.Id, keyword.Name ?? "", keyword.Example ?? "", keyword.Rule ?? ""));
    }

    private async IAsyncEnumerable<SubscribeLibraryTemplate> ReadLibraryAsync(string categoryIds, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var start = 0; ;)
        {
            var answer = await api.CallOrThrowAsync(
                SubscribeEndpoints.Library,
                string.Create(CultureInfo.InvariantCulture, $"ids={categoryIds}&start={start}&limit={LibraryPage}"),
                cancellationToken).ConfigureAwait(false);
            foreach (var template in answer.Templates!)
            {
                yield return new SubscribeLibraryTemplate(
                    template.Id.ToString(CultureInfo.InvariantCulture), template.Title ?? "", template.CategoryId, template.Type == LongTerm);
            }

            // A page may have fewer than were asked for, and the count may be missing.
            start += answer.Templates.Count;
            if (answer.Templates.Count == 0 || start >= (answer.Count ?? int.MaxValue))
            {
                yield break;
            }
        }
    }
}
