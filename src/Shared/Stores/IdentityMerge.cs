namespace WeChat.UnionPush;

/// <summary>
/// Merges a batch into what is stored, for stores that read, merge and write. Nobody can be sure that a person who was not found is still missing: the
/// insert says how many it made, and where it made fewer, the next round reads and merges those who came between.
/// </summary>
internal sealed class IdentityMerge
{
    private List<(ArraySegment<WeChatIdentity> Observations, WeChatIdentity? Inserted)> _people = [];
    private List<(ArraySegment<WeChatIdentity> Observations, WeChatIdentity? Inserted)> _strangers = [];

    /// <summary>Begins with observations in the order of their keys, sorted stably.</summary>
    public IdentityMerge(WeChatIdentity[] sorted)
    {
        for (var (first, next) = (0, 1); first < sorted.Length; next++)
        {
            if (next == sorted.Length || IdentityBatch.KeyOrder.Compare(sorted[first], sorted[next]) != 0)
            {
                _people.Add((new(sorted, first, next - first), null));
                first = next;
            }
        }

        NamesSomebodyTwice = _people.Count < sorted.Length;
    }

    public SavedIdentities Saved { get; private set; }

    public bool NamesSomebodyTwice { get; }

    public bool IsDone => _people.Count == 0;

    /// <summary>Those who are not saved yet: lists of openids, each of one app.</summary>
    public IEnumerable<(string AppId, string[] OpenIds)> Lists(int size) =>
        from app in _people.GroupBy(static person => person.Observations[0].AppId, StringComparer.Ordinal)
        from list in app.Chunk(size)
        select (app.Key, Array.ConvertAll(list, static person => person.Observations[0].OpenId));

    /// <summary>What to write over those who are stored, and whom to insert.</summary>
    public (List<WeChatIdentity> Updates, List<WeChatIdentity> Inserts) Merge(Dictionary<(string AppId, string OpenId), WeChatIdentity> stored)
    {
        _strangers = [];
        var updates = new List<WeChatIdentity>();
        foreach (var (observations, inserted) in _people)
        {
            var known = stored.GetValueOrDefault((observations[0].AppId, observations[0].OpenId));
            if (known is not null && known == inserted)
            {
                continue;
            }

            var identity = known;
            foreach (var observation in observations)
            {
                var before = identity?.UnionId;
                identity = identity?.MergedWith(observation) ?? observation;
                if (before is not null && !string.Equals(before, identity.UnionId, StringComparison.Ordinal))
                {
                    Saved = Saved with { UnionIdsChanged = Saved.UnionIdsChanged + 1, ReplacedUnionId = before };
                }
            }

            if (known is null)
            {
                _strangers.Add((observations, identity));
            }
            else if (!ReferenceEquals(identity, known))
            {
                updates.Add(identity!);
            }
        }

        return (updates, _strangers.ConvertAll(static person => person.Inserted!));
    }

    /// <summary>Notes how many of the inserts were made; the others were there already.</summary>
    public void Inserted(int made)
    {
        Saved = Saved with { Added = Saved.Added + made };
        _people = made == _strangers.Count ? [] : _strangers;
    }
}
