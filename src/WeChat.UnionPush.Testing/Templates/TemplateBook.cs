using System.Globalization;

namespace WeChat.UnionPush.Testing;

/// <summary>The templates and industries of one Official Account.</summary>
internal sealed class TemplateBook(SimulatedOfficialAccount account)
{
    private static readonly int Most = PlatformRules.Number("templates of an account");
    private readonly Gate _gate = new();
    private readonly Dictionary<string, SimulatedTemplate> _byId = new(StringComparer.Ordinal);
    private readonly List<SimulatedTemplate> _all = [];
    private int _primaryIndustry = 1;
    private int _secondaryIndustry = 2;
    private int _industrySetIn;

    public IReadOnlyList<SimulatedTemplate> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    public (int Primary, int Secondary) Industry
    {
        get
        {
            lock (_gate)
            {
                return (_primaryIndustry, _secondaryIndustry);
            }
        }
    }

    public SimulatedTemplate Add(string title, string content, string example, string? templateId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        ArgumentException.ThrowIfNullOrWhiteSpace(content);
        lock (_gate)
        {
            var template = new SimulatedTemplate(
                templateId ?? account.App.Platform.NextText(43), title, content, example, _primaryIndustry, _secondaryIndustry);
            if (template.Keys.Count == 0)
            {
                throw new ArgumentException("The content has no key such as {{thing1.DATA}}.", nameof(content));
            }

            if (!_byId.TryAdd(template.Id, template))
            {
                throw new ArgumentException($"The account has a template {template.Id} already.", nameof(templateId));
            }

            _all.Add(template);
            return template;
        }
    }

    /// <summary>Adds a template from the library; answers its id or an error code.</summary>
    public (string? Id, int ErrorCode) AddFromLibrary(string shortId, IReadOnlyList<string> keywords)
    {
        if (shortId.StartsWith("TM", StringComparison.Ordinal) || shortId.StartsWith("OPENTM", StringComparison.Ordinal))
        {
            return (null, 40247);
        }

        if (account.App.Platform.FindLibraryTemplate(shortId) is not { } source)
        {
            return (null, 40037);
        }

        lock (_gate)
        {
            if (_all.Count >= Most)
            {
                return (null, 45026);
            }

            var lines = new List<string>();
            foreach (var keyword in keywords.Count == 0 ? source.Keywords.Select(keyword => keyword.Label) : keywords)
            {
                var position = source.Keywords.ToList().FindIndex(candidate => string.Equals(candidate.Label, keyword, StringComparison.Ordinal));
                var line = position < 0
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"{keyword}:{{{{{source.Keywords[position].Type}{position + 1}.DATA}}}}");
                if (line is null || lines.Contains(line, StringComparer.Ordinal))
                {
                    return (null, 40246);
                }

                lines.Add(line);
            }

            return (Add(source.Title, string.Join('\n', lines), "", null).Id, 0);
        }
    }

    public SimulatedTemplate? Find(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    public bool Remove(string id)
    {
        lock (_gate)
        {
            return _byId.Remove(id, out var template) && _all.Remove(template);
        }
    }

    /// <summary>Changes the industries, which deletes the templates of the previous ones. Allowed once a month; <see langword="false"/> when it is too soon.</summary>
    public bool TrySetIndustry(int primary, int secondary, DateTimeOffset now)
    {
        lock (_gate)
        {
            var month = ChinaTime.Month(now);
            if (_industrySetIn == month)
            {
                return false;
            }

            _industrySetIn = month;
            (_primaryIndustry, _secondaryIndustry) = (primary, secondary);
            _all.RemoveAll(template =>
                template.PrimaryIndustry != primary && template.PrimaryIndustry != secondary && _byId.Remove(template.Id));
            return true;
        }
    }
}
