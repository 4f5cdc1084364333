namespace WeChat.UnionPush;

/// <summary>
/// Leaves out repetitions, in the order of the first ones. The set that does it is used again: one as large as a page of followers lives on the large
/// object heap, where a new one for each page would pile up.
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
