namespace WeChat.UnionPush.Storage;

/// <summary>What stays of those who were erased. Used under the repository's lock.</summary>
internal sealed class InMemoryErasures(TimeProvider timeProvider)
{
    private readonly Dictionary<string, Erasure> _erasures = new(StringComparer.Ordinal);

    /// <summary>The number of the last erasure.</summary>
    public long Count { get; private set; }

    /// <summary>Notes that these were erased together, named by this key.</summary>
    public void Add(List<WeChatIdentity> erased, string key)
    {
        var erasure = new Erasure(++Count, timeProvider.GetUtcNow()) { FollowChangedAt = Erasure.LastChangeOf(erased) };
        foreach (var erasedKey in erased.SelectMany(Erasure.KeysOf).Prepend(key))
        {
            _erasures[erasedKey] = erasure;
        }
    }

    /// <summary>Whether an observation is to be ignored. One that is not ends the erasures it met.</summary>
    public bool Refuse(WeChatIdentity observation, long? erasuresSeen)
    {
        // Usually nobody was erased recently, and then no hash is needed.
        if (_erasures.Count == 0)
        {
            return false;
        }

        var byOpenId = _erasures.GetValueOrDefault(Erasure.KeyOf(observation.AppId, observation.OpenId));
        var byUnionId = observation.UnionId is { } unionId ? _erasures.GetValueOrDefault(Erasure.KeyOf(unionId)) : null;
        if (byOpenId?.Refuses(observation, erasuresSeen) == true || byUnionId?.Refuses(observation, erasuresSeen) == true)
        {
            return true;
        }

        End(byOpenId);
        End(byUnionId);
        return false;
    }

    public int Expire(DateTimeOffset erasedBefore, int limit)
    {
        string[] old = [.. _erasures.Where(pair => pair.Value.ErasedAt < erasedBefore).Take(limit).Select(static pair => pair.Key)];
        foreach (var key in old)
        {
            _erasures.Remove(key);
        }

        return old.Length;
    }

    private void End(Erasure? erasure)
    {
        if (erasure is { IsOver: false })
        {
            foreach (var (key, other) in _erasures)
            {
                if (other.Number == erasure.Number)
                {
                    // Replacing a value while the dictionary is enumerated is allowed; adding is not.
                    _erasures[key] = other with { IsOver = true };
                }
            }
        }
    }
}
