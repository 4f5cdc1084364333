namespace WeChat.UnionPush;

/// <summary>
/// Removes repetitions and keeps the order of first occurrences. The set is reused: a set for a whole page of followers is on the large
/// object heap, and a new one for each page would pile up there.
/// </summary>
internal sealed class DistinctTexts
{
    private const int MaxKept = 20_000;

    private HashSet<string>? _set;

    public string[] Of(IReadOnlyCollection<string> texts)
    {
        if (texts.Count <= 1)
        {
            return [.. texts];
        }

        var set = Interlocked.Exchange(ref _set, null) ?? new(StringComparer.Ordinal);
        set.UnionWith(texts);
        string[] distinct = [.. set];
        if (distinct.Length <= MaxKept)
        {
            set.Clear();
            _set = set;
        }

        return distinct;
    }
}
