using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;

namespace WeChat.UnionPush.Generators;

/// <summary>Finds C# names for titles, labels and keys. Names may be Chinese.</summary>
internal static class TemplateNames
{
    private const string Untitled = "Template";
    private const int ShortId = 8;

    // Members that every record already has, and names that C# does not allow for a record's member.
    private static readonly string[] Reserved =
    [
        "TemplateId", "ToBuilder", "ToMessage", "Clone", "Deconstruct", "EqualityContract", "Equals", "Finalize", "GetHashCode", "GetType",
        "MemberwiseClone", "PrintMembers", "ReferenceEquals", "ToString",
    ];

    /// <summary>
    /// A name for each template, by its place in the list. The first template with a title gets the title as its name. Later ones with the same title
    /// also get part of their id.
    /// </summary>
    public static string[] OfRecords(IReadOnlyList<Template> templates)
    {
        var titles = templates.Select(static template => Capital(Strip(template.Title)) is { Length: > 0 } name ? name : Untitled).ToArray();

        // All titles are reserved before the first id is added, so a name made from an id never displaces a title.
        var taken = new HashSet<string>(titles.Where(static title => title is not Untitled), StringComparer.Ordinal);
        var named = new HashSet<string>(StringComparer.Ordinal);
        return titles.Select((title, i) =>
        {
            if (title is not Untitled && named.Add(title))
            {
                return title;
            }

            var id = Strip(templates[i].Id);
            return Unique($"{title}_{id.Substring(0, Math.Min(ShortId, id.Length))}", taken);
        }).ToArray();
    }

    /// <summary>A name for each property, by its place among the keys, and names for the ends of ranges where a key can be a range.</summary>
    public static (string Name, string? End)[] OfProperties(string record, IReadOnlyList<TemplateContent.Place> keys)
    {
        var taken = new HashSet<string>(Reserved, StringComparer.Ordinal) { record };
        var labels = keys.Select(static key => FromLabel(key.Label)).ToArray();
        var names = new string[keys.Count];
        for (var i = 0; i < names.Length; i++)
        {
            var label = labels[i];
            var alone = label.Length > 0 && labels.Count(other => string.Equals(other, label, StringComparison.Ordinal)) == 1;
            names[i] = Unique(alone && !taken.Contains(label) ? label : Capital(Strip(keys[i].Key)), taken);
        }

        return names
            .Select((name, i) => (name, keys[i].Type is TemplateParameterType.Time or TemplateParameterType.Date ? Unique(name + "Until", taken) : null))
            .ToArray();
    }

    private static string FromLabel(string label)
    {
        var name = label.Normalize();
        return SyntaxFacts.IsValidIdentifier(name) && string.Equals(name, Strip(name), StringComparison.Ordinal) ? Capital(name) : "";
    }

    private static string Strip(string text)
    {
        var name = new StringBuilder();
        foreach (var character in text.Normalize())
        {
            if (SyntaxFacts.IsIdentifierPartCharacter(character) && CharUnicodeInfo.GetUnicodeCategory(character) != UnicodeCategory.Format)
            {
                name.Append(character);
            }
        }

        return name.ToString();
    }

    // This also avoids keywords, which all begin with a lower-case letter.
    private static string Capital(string name) =>
        name.Length == 0 ? name : SyntaxFacts.IsIdentifierStartCharacter(name[0]) ? char.ToUpperInvariant(name[0]) + name.Substring(1) : "_" + name;

    private static string Unique(string name, HashSet<string> taken)
    {
        var unique = name;
        for (var i = 2; !taken.Add(unique); i++)
        {
            unique = $"{name}_{i.ToString(CultureInfo.InvariantCulture)}";
        }

        return unique;
    }
}
