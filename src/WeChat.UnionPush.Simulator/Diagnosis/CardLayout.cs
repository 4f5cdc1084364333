using System.Text.RegularExpressions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Lays the content of a template out as a card: a line for each label and its value.</summary>
internal static partial class CardLayout
{
    public static IReadOnlyDictionary<string, string> Labels(string content)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in content.Split('\n'))
        {
            foreach (Match match in Placeholder().Matches(line))
            {
                labels.TryAdd(match.Groups["key"].Value, Label(line, match.Groups["key"].Value));
            }
        }

        return labels;
    }

    public static IReadOnlyList<CardField> Lay(SimulatedTemplate template, IReadOnlyDictionary<string, string> values)
    {
        var fields = new List<CardField>();
        foreach (var line in template.Content.Split('\n'))
        {
            var matches = Placeholder().Matches(line);
            if (matches.Any(static match => SimulatedTemplate.IsDecoration(match.Groups["key"].Value)))
            {
                continue;
            }

            if (matches.Count == 0)
            {
                if (!string.IsNullOrWhiteSpace(line))
                {
                    fields.Add(new CardField("", "", line.Trim()));
                }

                continue;
            }

            var key = matches[0].Groups["key"].Value;
            var text = Placeholder().Replace(line[matches[0].Index..], match => values.GetValueOrDefault(match.Groups["key"].Value, ""));
            fields.Add(new CardField(key, line[..matches[0].Index].Length == 0 ? "" : Label(line, key), text));
        }

        return fields;
    }

    private static string Label(string line, string key)
    {
        var match = Placeholder().Matches(line).First(match => string.Equals(match.Groups["key"].Value, key, StringComparison.Ordinal));
        var before = line[..match.Index];
        var start = before.LastIndexOf("}}", StringComparison.Ordinal);
        var label = before[(start < 0 ? 0 : start + 2)..].Trim().TrimEnd(':', '：').Trim();
        return label.Length == 0 ? key : label;
    }

    [GeneratedRegex(@"\{\{(?<key>\w+)\.DATA\}\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
