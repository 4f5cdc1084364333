namespace WeChat.UnionPush;

/// <summary>Which keys a message sets and which it probably meant.</summary>
internal static class TemplateKeyWords
{
    private const string HistoricalWord = "keyword";

    /// <summary>Whether a key looks like one of a historical template: <c>keyword1</c>.</summary>
    public static bool IsHistorical(string key) =>
        key.StartsWith(HistoricalWord, StringComparison.Ordinal) && key.Length > HistoricalWord.Length
        && !key.AsSpan(HistoricalWord.Length).ContainsAnyExceptInRange('0', '9');

    public static bool Sets(TemplateMessage message, string key)
    {
        foreach (ref readonly var field in message.Fields.AsSpan())
        {
            if (string.Equals(field.Key, key, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The template's key, not set by the message, that needs the fewest strokes to become, or null when none is near. Two known types are
    /// never taken for each other, however alike they are spelt.
    /// </summary>
    public static string? Nearest(string key, TemplateMessage message, MessageTemplate template)
    {
        string? nearest = null;
        var type = TemplateContent.TypeOf(key);
        var least = Math.Max(2, key.Length / 3) + 1;
        foreach (var candidate in template.Keys)
        {
            if (type != TemplateParameterType.Untyped && candidate.Type != TemplateParameterType.Untyped && candidate.Type != type)
            {
                continue;
            }

            if (Distance(key, candidate.Name) is var distance && distance < least && !Sets(message, candidate.Name))
            {
                nearest = candidate.Name;
                least = distance;
            }
        }

        return nearest;
    }

    /// <summary>Letters to put in, take out or change (Levenshtein), where another case is no change.</summary>
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
