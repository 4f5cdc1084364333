using System.Collections.Immutable;

namespace WeChat.UnionPush;

/// <summary>Which keys a message sets and which it probably meant.</summary>
internal static class TemplateKeyWords
{
    private const string HistoricalWord = "keyword";

    /// <summary>Whether a key looks like one of a historical template: <c>keyword1</c>.</summary>
    public static bool IsHistorical(string key) =>
        key.StartsWith(HistoricalWord, StringComparison.Ordinal) && key.Length > HistoricalWord.Length
        && !key.AsSpan(HistoricalWord.Length).ContainsAnyExceptInRange('0', '9');

    public static bool Sets(ImmutableArray<TemplateField> fields, string key)
    {
        foreach (ref readonly var field in fields.AsSpan())
        {
            if (string.Equals(field.Key, key, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The template's key, not set by the message, that was probably meant: the one whose placeholder or label was given, else the one with the fewest edits,
    /// or null when none is close. Two known types are never confused with each other, however similar their spelling.
    /// </summary>
    public static string? Nearest(string key, ImmutableArray<TemplateField> fields, MessageTemplate template)
    {
        if (TemplateKeyForms.KeyInPlace(key) is { } inPlace)
        {
            if (template.Has(inPlace))
            {
                return Sets(fields, inPlace) ? null : inPlace;
            }

            key = inPlace;
        }

        string? nearest = null;
        var label = key.AsSpan().Trim().TrimEnd(":\uFF1A").TrimEnd();
        var type = TemplateContent.TypeOf(key);
        var least = Math.Max(2, key.Length / 3) + 1;
        foreach (var candidate in template.Keys)
        {
            if (Sets(fields, candidate.Name))
            {
                continue;
            }

            if (label.Length > 0 && label.SequenceEqual(candidate.Label))
            {
                return candidate.Name;
            }

            if ((type == TemplateParameterType.Untyped || candidate.Type == TemplateParameterType.Untyped || candidate.Type == type)
                && Distance(key, candidate.Name) is var distance && distance < least)
            {
                nearest = candidate.Name;
                least = distance;
            }
        }

        return nearest;
    }

    /// <summary>The Levenshtein distance, ignoring case.</summary>
    private static int Distance(string left, string right)
    {
        var previous = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var change = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(previous[j] + 1, current[j - 1] + 1), previous[j - 1] + change);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}
