using System.Collections.Immutable;

namespace WeChat.UnionPush.Templates;

/// <summary>
/// A template of an Official Account (<c>get_all_private_template</c>) or a subscription template of a Mini Program (<c>newtmpl/gettemplate</c>), with the keys that
/// its content names.
/// See <see href="https://developers.weixin.qq.com/doc/service/api/notify/template/api_getalltemplates"/>.
/// </summary>
public sealed class MessageTemplate
{
    /// <summary>Reads a template.</summary>
    /// <param name="id">Its id in the account (<c>template_id</c>).</param>
    /// <param name="title">Its title.</param>
    /// <param name="content">Its content, with <c>{{key.DATA}}</c> for every value.</param>
    /// <exception cref="ArgumentException"><paramref name="id"/> is empty, or another argument is null.</exception>
    public MessageTemplate(string id, string title, string content)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(content);
        Id = id;
        Title = title;
        Content = content;
        Places = TemplateContent.Parse(content);

        Keys = [.. TemplateContent.Keys(Places).Select(static place => new TemplateKey(place.Key, place.Label, place.Type))];
        IsHistorical = Keys.All(static key => key.Type == TemplateParameterType.Untyped);
    }

    /// <summary>Id of the template in the account (<c>template_id</c>).</summary>
    public string Id { get; }

    /// <summary>Title, which the phone shows above the values.</summary>
    public string Title { get; }

    /// <summary>Content as the platform gave it.</summary>
    public string Content { get; }

    /// <summary>A filled-in sample (<c>example</c>), or <see langword="null"/>.</summary>
    public string? Example { get; init; }

    /// <summary>First industry (<c>primary_industry</c>), or <see langword="null"/>.</summary>
    public string? PrimaryIndustry { get; init; }

    /// <summary>Second industry (<c>deputy_industry</c>), or <see langword="null"/>.</summary>
    public string? DeputyIndustry { get; init; }

    /// <summary>
    /// Whether one tap allows any number of messages (长期订阅, <c>type</c> 3); only public services get such subscription templates.
    /// <see langword="false"/> for template messages.
    /// </summary>
    public bool IsLongTerm { get; init; }

    /// <summary>The keys in the order of the content, without repetitions.</summary>
    public ImmutableArray<TemplateKey> Keys { get; }

    /// <summary>
    /// Whether it is a historical template (历史模板, keys such as <c>keyword1</c>), whose values the platform cuts, and not a category
    /// template (类目模板, keys such as <c>thing1</c>), whose values it checks. The keys decide: a template with at least one key of a known type is a
    /// category template.
    /// </summary>
    public bool IsHistorical { get; }

    internal List<TemplateContent.Place> Places { get; }

    /// <summary>The title and the id.</summary>
    public override string ToString() => $"{Title} ({Id})";

    internal bool Has(string name)
    {
        foreach (ref readonly var key in Keys.AsSpan())
        {
            if (string.Equals(key.Name, name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
