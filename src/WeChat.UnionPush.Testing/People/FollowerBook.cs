namespace WeChat.UnionPush.Testing;

/// <summary>Who follows one Official Account: ranges of persons that follow, and beside them only the persons who differ.</summary>
internal sealed class FollowerBook(ulong seed)
{
    private static readonly string[] Scenes =
    [
        "ADD_SCENE_SEARCH", "ADD_SCENE_QR_CODE", "ADD_SCENE_PROFILE_CARD", "ADD_SCENE_PROFILE_LINK", "ADD_SCENE_PROFILE_ITEM", "ADD_SCENE_PAID", "ADD_SCENE_OTHERS",
    ];

    private readonly Gate _gate = new();
    private readonly List<(long First, long End, long AddedAt)> _ranges = [];
    private readonly Dictionary<long, Follower> _changed = [];
    private readonly SortedSet<long> _outsideRanges = [];
    private long _count;

    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    public void FollowAll(long first, long end, DateTimeOffset now)
    {
        lock (_gate)
        {
            var added = Uncovered(first, end);
            foreach (var (index, follower) in _changed)
            {
                if (index < first || index >= end)
                {
                    continue;
                }

                var newlyCovered = added.Exists(part => index >= part.First && index < part.End);
                if (follower.Following)
                {
                    if (newlyCovered)
                    {
                        _outsideRanges.Remove(index);
                        _count--;
                    }
                }
                else
                {
                    follower.Following = true;
                    follower.Since = now.ToUnixTimeSeconds();
                    _count += newlyCovered ? 0 : 1;
                }
            }

            foreach (var (partFirst, partEnd) in added)
            {
                _count += partEnd - partFirst;
                _ranges.Add((partFirst, partEnd, now.ToUnixTimeSeconds()));
            }

            _ranges.Sort();
        }
    }

    /// <summary>Answers false for somebody who follows already.</summary>
    public bool Follow(long index, DateTimeOffset now, string scene, string? qrScene)
    {
        lock (_gate)
        {
            var follower = Change(index);
            if (follower.Following)
            {
                return false;
            }

            follower.Following = true;
            follower.Since = now.ToUnixTimeSeconds();
            follower.Scene = scene;
            follower.QrScene = qrScene;
            _count++;
            if (FindRange(index) < 0)
            {
                _outsideRanges.Add(index);
            }

            return true;
        }
    }

    /// <summary>Answers false for somebody who does not follow.</summary>
    public bool Unfollow(long index)
    {
        lock (_gate)
        {
            var follower = Change(index);
            if (!follower.Following)
            {
                return false;
            }

            follower.Following = false;
            follower.Refuses = false;
            _count--;
            _outsideRanges.Remove(index);
            return true;
        }
    }

    public void SetRefuses(long index, bool refuses)
    {
        lock (_gate)
        {
            Change(index).Refuses = refuses;
        }
    }

    public void SetBlacklisted(long index, bool listed)
    {
        lock (_gate)
        {
            Change(index).Blacklisted = listed;
        }
    }

    public bool IsFollowing(long index)
    {
        lock (_gate)
        {
            return _changed.TryGetValue(index, out var follower) ? follower.Following : FindRange(index) >= 0;
        }
    }

    /// <summary>Everything it knows: the ranges with the moments at which they came, and the persons who differ.</summary>
    public (IReadOnlyList<(long First, long End, long AddedAt)> Ranges, IReadOnlyList<(long Index, FollowerDetails Details)> Changed) Export()
    {
        lock (_gate)
        {
            return ([.. _ranges], [.. _changed.OrderBy(static pair => pair.Key).Select(static pair => (pair.Key, pair.Value.Details))]);
        }
    }

    /// <summary>Puts a person into a state that was exported.</summary>
    public void Restore(long index, FollowerDetails details)
    {
        lock (_gate)
        {
            var follower = Change(index);
            if (follower.Following != details.Following)
            {
                _count += details.Following ? 1 : -1;
            }

            if (FindRange(index) < 0)
            {
                _ = details.Following ? _outsideRanges.Add(index) : _outsideRanges.Remove(index);
            }

            follower.Following = details.Following;
            follower.Since = details.Since;
            follower.Scene = details.Scene;
            follower.QrScene = details.QrScene;
            follower.Refuses = details.Refuses;
            follower.Blacklisted = details.Blacklisted;
        }
    }

    public FollowerDetails Find(long index)
    {
        lock (_gate)
        {
            return (_changed.TryGetValue(index, out var follower) ? follower : Unchanged(index)).Details;
        }
    }

    /// <summary>The followers after one person, in the order of their numbers.</summary>
    public int Page(long after, Span<long> page)
    {
        lock (_gate)
        {
            var count = 0;
            var next = after + 1;
            using var outside = _outsideRanges.GetViewBetween(next, long.MaxValue).GetEnumerator();
            var more = outside.MoveNext();
            foreach (var (first, end, _) in _ranges)
            {
                if (end <= next)
                {
                    continue;
                }

                for (; more && outside.Current < first && count < page.Length; more = outside.MoveNext())
                {
                    page[count++] = outside.Current;
                }

                for (var index = Math.Max(first, next); index < end && count < page.Length; index++)
                {
                    if (_changed.Count == 0 || !_changed.TryGetValue(index, out var follower) || follower.Following)
                    {
                        page[count++] = index;
                    }
                }
            }

            for (; more && count < page.Length; more = outside.MoveNext())
            {
                page[count++] = outside.Current;
            }

            return count;
        }
    }

    private Follower Change(long index)
    {
        if (!_changed.TryGetValue(index, out var follower))
        {
            _changed.Add(index, follower = Unchanged(index));
        }

        return follower;
    }

    private Follower Unchanged(long index)
    {
        var range = FindRange(index);
        if (range < 0)
        {
            return new Follower();
        }

        var random = Scrambler.Mix(seed ^ (ulong)index);
        return new Follower
        {
            Following = true,
            Since = _ranges[range].AddedAt - (long)(random % (3 * 365 * 86_400)),
            Scene = Scenes[(int)((random >> 40) % (ulong)Scenes.Length)],
        };
    }

    private int FindRange(long index)
    {
        var low = 0;
        var high = _ranges.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (index < _ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (index >= _ranges[middle].End)
            {
                low = middle + 1;
            }
            else
            {
                return middle;
            }
        }

        return -1;
    }

    private List<(long First, long End)> Uncovered(long first, long end)
    {
        var parts = new List<(long, long)>();
        foreach (var (rangeFirst, rangeEnd, _) in _ranges)
        {
            if (rangeEnd <= first || rangeFirst >= end)
            {
                continue;
            }

            if (rangeFirst > first)
            {
                parts.Add((first, rangeFirst));
            }

            first = Math.Max(first, rangeEnd);
        }

        if (first < end)
        {
            parts.Add((first, end));
        }

        return parts;
    }

    private sealed class Follower
    {
        public bool Following { get; set; }

        public long Since { get; set; }

        public string Scene { get; set; } = "ADD_SCENE_OTHERS";

        public string? QrScene { get; set; }

        public bool Refuses { get; set; }

        public bool Blacklisted { get; set; }

        public FollowerDetails Details => new(Following, Since, Scene, QrScene, Refuses, Blacklisted);
    }
}
