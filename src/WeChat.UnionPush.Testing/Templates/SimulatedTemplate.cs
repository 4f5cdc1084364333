using System.Text.RegularExpressions;

namespace WeChat.UnionPush.Testing;

/// <summary>A template in an Official Account (模板).</summary>
public sealed partial class SimulatedTemplate
{
    private readonly Dictionary<string, string[]> _approvedValues = new(StringComparer.Ordinal);

    internal SimulatedTemplate(string id, string title, string content, string example, int primaryIndustry, int secondaryIndustry)
    {
        Id = id;
        Title = title;
        Content = content;
        Example = example;
        PrimaryIndustry = primaryIndustry;
        SecondaryIndustry = secondaryIndustry;
        Keys = [.. Placeholder().Matches(content).Select(match => match.Groups["key"].Value).Distinct(StringComparer.Ordinal)];
        IsHistorical = Keys.Any(key => !IsDecoration(key) && ValueRules.TypeOf(key) is null);
    }

    /// <summary>The template id of this account, 43 characters.</summary>
    public string Id { get; }

    /// <summary>The title.</summary>
    public string Title { get; }

    /// <summary>The content with its keys, such as <c>商品:{{thing1.DATA}}</c>.</summary>
    public string Content { get; }

    /// <summary>The example.</summary>
    public string Example { get; }

    /// <summary>The keys of the content in order, such as <c>thing1</c>, with <c>first</c> and <c>remark</c> where it has them.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>
    /// Whether it is one of the historical templates (历史模板: <c>keyword1</c>…), whose values are cut without an error; otherwise
    /// it is a category template (类目模板), whose values are checked (47003).
    /// </summary>
    public bool IsHistorical { get; }

    /// <summary>Whether it can be sent now.</summary>
    public SimulatedTemplateState State { get; set; }

    internal int PrimaryIndustry { get; }

    internal int SecondaryIndustry { get; }

    /// <summary>Approves the values of a <c>const</c> or <c>enum</c> key; any other value then answers 47003.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">The values.</param>
    public void Approve(string key, params string[] values)
    {
        if (!Keys.Contains(key, StringComparer.Ordinal))
        {
            throw new ArgumentException($"Template {Id} has no key {key}.", nameof(key));
        }

        lock (_approvedValues)
        {
            _approvedValues[key] = [.. values];
        }
    }

    internal static bool IsDecoration(string key) => key is "first" or "remark";

    internal string[]? ApprovedValues(string key)
    {
        lock (_approvedValues)
        {
            return _approvedValues.GetValueOrDefault(key);
        }
    }

    /// <summary>The text on the phone: the content without the lines of <c>first</c> and <c>remark</c>, which phones no longer show.</summary>
    internal string Render(IReadOnlyDictionary<string, string> values)
    {
        var lines = Content.Split('\n').Where(line => !Placeholder().Matches(line).Any(match => IsDecoration(match.Groups["key"].Value)));
        return Placeholder().Replace(string.Join('\n', lines), match => values.GetValueOrDefault(match.Groups["key"].Value, "")).Trim('\n');
    }

    [GeneratedRegex(@"\{\{(?<key>\w+)\.DATA\}\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
