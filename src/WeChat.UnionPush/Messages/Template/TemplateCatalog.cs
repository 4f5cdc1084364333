using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>The account's templates, and the cached copy that sends are checked against.</summary>
internal sealed class TemplateCatalog(AccountApi api, TemplateMessageOptions options, TimeProvider time) : ITemplateCatalog, IDisposable
{
    private const int BlockedPage = 100;

    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile Copy? _copy;

    public async ValueTask<IReadOnlyList<MessageTemplate>> ListAsync(bool refresh = false, CancellationToken cancellationToken = default) =>
        (await CopyAsync(refresh, cancellationToken).ConfigureAwait(false)).Templates;

    public async ValueTask<MessageTemplate?> FindAsync(string templateId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(templateId);
        return (await CopyAsync(refresh: false, cancellationToken).ConfigureAwait(false)).ById.GetValueOrDefault(templateId);
    }

    public async Task ExportAsync(Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        var templates = await ListAsync(refresh: true, cancellationToken).ConfigureAwait(false);
        var writer = new Utf8JsonWriter(output, WireText.IndentedOptions);
        await using (writer.ConfigureAwait(false))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("template_list"u8);
            foreach (var template in templates)
            {
                writer.WriteStartObject();
                writer.WriteString("template_id"u8, template.Id);
                writer.WriteString("title"u8, template.Title);
                writer.WriteString("primary_industry"u8, template.PrimaryIndustry ?? "");
                writer.WriteString("deputy_industry"u8, template.DeputyIndustry ?? "");
                writer.WriteString("content"u8, template.Content);
                writer.WriteString("example"u8, template.Example ?? "");
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<string> AddAsync(string libraryId, IReadOnlyList<string>? keywords = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(libraryId);
        var answer = await ChangeAsync(
            TemplateEndpoints.TemplateAdd,
            writer =>
            {
                writer.WriteString("template_id_short"u8, libraryId);
                if (keywords is { Count: > 0 })
                {
                    writer.WriteStartArray("keyword_name_list"u8);
                    foreach (var keyword in keywords)
                    {
                        writer.WriteStringValue(keyword);
                    }

                    writer.WriteEndArray();
                }
            },
            cancellationToken).ConfigureAwait(false);
        return answer.TemplateId!;
    }

    public async Task RemoveAsync(string templateId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(templateId);
        await ChangeAsync(TemplateEndpoints.TemplateDelete, writer => writer.WriteString("template_id"u8, templateId), cancellationToken).ConfigureAwait(false);
    }

    public async Task<TemplateIndustries> GetIndustriesAsync(CancellationToken cancellationToken = default)
    {
        var answer = await api.CallOrThrowAsync(TemplateEndpoints.IndustryGet, query: null, cancellationToken).ConfigureAwait(false);
        return new TemplateIndustries(Name(answer.Primary), Name(answer.Secondary));

        static string Name(IndustryWire? industry) => (industry?.FirstClass, industry?.SecondClass) switch
        {
            (null or "", var second) => second ?? "",
            (var first, null or "") => first,
            var (first, second) => $"{first} / {second}",
        };
    }

    public async Task SetIndustriesAsync(int primary, int secondary, bool deleteTemplatesOfFormerIndustries, CancellationToken cancellationToken = default)
    {
        if (!deleteTemplatesOfFormerIndustries)
        {
            throw new ArgumentException(
                "Changing the industries deletes the templates of the former ones for good. Say so with true when that is wanted.", nameof(deleteTemplatesOfFormerIndustries));
        }

        await ChangeAsync(
            TemplateEndpoints.IndustrySet,
            writer =>
            {
                writer.WriteString("industry_id1"u8, primary.ToString(System.Globalization.CultureInfo.InvariantCulture));
                writer.WriteString("industry_id2"u8, secondary.ToString(System.Globalization.CultureInfo.InvariantCulture));
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<BlockedTemplateMessage> ListBlockedAsync(string templateId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(templateId);
        var largest = 0L;
        while (true)
        {
            var before = largest;
            var answer = await api.PostOrThrowAsync(
                TemplateEndpoints.TemplateBlocked,
                writer =>
                {
                    writer.WriteString("tmpl_msg_id"u8, templateId);
                    writer.WriteNumber("largest_id"u8, before);
                    writer.WriteNumber("limit"u8, BlockedPage);
                },
                cancellationToken).ConfigureAwait(false);
            foreach (var message in answer.Messages ?? [])
            {
                largest = Math.Max(largest, message.Id);
                yield return new BlockedTemplateMessage(
                    message.Id,
                    message.TemplateId ?? templateId,
                    message.Title ?? "",
                    message.Content ?? "",
                    message.OpenId ?? "",
                    DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(message.SentAt, 0, 253402300799)));
            }

            // A page with nothing new ends the list, whatever its length.
            if (largest == before || answer.Messages!.Count < BlockedPage)
            {
                yield break;
            }
        }
    }

    /// <summary>Discards the copy, because the platform says that it is wrong.</summary>
    public void Forget() => _copy = null;

    public void Dispose() => _fetching.Dispose();

    private async Task<TAnswer> ChangeAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        try
        {
            return await api.PostOrThrowAsync(endpoint, write, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also after a failure: the change may have been made.
            Forget();
        }
    }

    private async ValueTask<Copy> CopyAsync(bool refresh, CancellationToken cancellationToken)
    {
        var known = _copy;
        if (!refresh && IsFresh(known))
        {
            return known;
        }

        await _fetching.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Callers that waited use what the first one fetched.
            if (_copy is { } meanwhile && !ReferenceEquals(meanwhile, known))
            {
                return meanwhile;
            }

            var fetchedAt = time.GetTimestamp();
            var answer = await api.CallOrThrowAsync(TemplateEndpoints.TemplateList, query: null, cancellationToken).ConfigureAwait(false);
            var templates = new List<MessageTemplate>();
            foreach (var template in answer.Templates!)
            {
                if (!string.IsNullOrWhiteSpace(template?.Id))
                {
                    templates.Add(new MessageTemplate(template.Id, template.Title ?? "", template.Content ?? "")
                    {
                        Example = template.Example,
                        PrimaryIndustry = template.PrimaryIndustry,
                        DeputyIndustry = template.DeputyIndustry,
                    });
                }
            }

            return _copy = new Copy(
                templates, templates.DistinctBy(template => template.Id, StringComparer.Ordinal).ToFrozenDictionary(template => template.Id, StringComparer.Ordinal), fetchedAt);
        }
        finally
        {
            _fetching.Release();
        }
    }

    private bool IsFresh([NotNullWhen(true)] Copy? copy) => copy is not null && time.GetElapsedTime(copy.FetchedAt) < options.CatalogLifetime;

    private sealed record Copy(IReadOnlyList<MessageTemplate> Templates, FrozenDictionary<string, MessageTemplate> ById, long FetchedAt);
}
