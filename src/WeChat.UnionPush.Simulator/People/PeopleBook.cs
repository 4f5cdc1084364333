using System.Globalization;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>The people of a platform by the names that the page gives them. Those without one are known by their number.</summary>
internal sealed class PeopleBook(SimulatedPlatform platform)
{
    // Openids are computed, so a part of one can only be found by computing them all. Nobody looks for a part among millions.
    private const int MostSearched = 20_000;

    private readonly object _gate = new();
    private readonly SortedDictionary<long, string> _names = [];

    public string? NameOf(long person)
    {
        lock (_gate)
        {
            return _names.GetValueOrDefault(person);
        }
    }

    public IReadOnlyList<(long Person, string Name)> Names()
    {
        lock (_gate)
        {
            return [.. _names.Select(static pair => (pair.Key, pair.Value))];
        }
    }

    public void Rename(long person, string? name)
    {
        lock (_gate)
        {
            if (string.IsNullOrWhiteSpace(name))
            {
                _names.Remove(person);
            }
            else
            {
                _names[person] = name.Trim();
            }
        }
    }

    /// <summary>The person of a number, an openid, a UnionID or a name; null when there is none.</summary>
    public SimulatedPerson? Find(string id)
    {
        if (long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return platform.HasPerson(number) ? new SimulatedPerson(platform, number) : null;
        }

        if (Decode(id) is { } person)
        {
            return new SimulatedPerson(platform, person);
        }

        lock (_gate)
        {
            var named = _names.Where(pair => string.Equals(pair.Value, id, StringComparison.OrdinalIgnoreCase)).Select(static pair => (long?)pair.Key).FirstOrDefault();
            return named is { } index ? new SimulatedPerson(platform, index) : null;
        }
    }

    /// <summary>
    /// The people who fit a search by name, number, openid or UnionID (also a part of one), those with a name first.
    /// </summary>
    public (IReadOnlyList<long> People, long Total) Search(string? text, long offset, int limit)
    {
        long[] named;
        lock (_gate)
        {
            named = [.. _names.Keys];
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            return (Page(named, offset, limit), platform.PersonCount);
        }

        text = text.Trim();
        if (Decode(text) is { } exact)
        {
            return ([exact], 1);
        }

        var codecs = Codecs();
        var known = new HashSet<long>(named);
        var found = named.Concat(Enumerable.Range(0, (int)Math.Min(MostSearched, platform.PersonCount)).Select(static index => (long)index).Where(index => !known.Contains(index)))
            .Where(person => Fits(person, text, codecs)).ToArray();
        return ([.. found.Skip((int)Math.Min(offset, int.MaxValue)).Take(limit)], found.Length);
    }

    private bool Fits(long person, string text, IdentifierCodec[] codecs) =>
        NameOf(person)?.Contains(text, StringComparison.OrdinalIgnoreCase) == true
        || string.Equals(person.ToString(CultureInfo.InvariantCulture), text.TrimStart('#'), StringComparison.Ordinal)
        || (text.Length >= 4 && codecs.Any(codec => codec.Encode(person).Contains(text, StringComparison.Ordinal)));

    private List<long> Page(long[] named, long offset, int limit)
    {
        var page = new List<long>(limit);
        for (var i = offset; i < named.Length && page.Count < limit; i++)
        {
            page.Add(named[i]);
        }

        // The others follow in the order of their numbers; how many of the named ones stand before a number tells where a page begins.
        var known = new HashSet<long>(named);
        var skip = Math.Max(0, offset - named.Length);
        var index = skip;
        foreach (var person in named.Where(person => person < platform.PersonCount).Order())
        {
            index += person <= index ? 1 : 0;
        }

        for (; index < platform.PersonCount && page.Count < limit; index++)
        {
            if (!known.Contains(index))
            {
                page.Add(index);
            }
        }

        return page;
    }

    private long? Decode(string id)
    {
        foreach (var codec in id.Length == IdentifierCodec.Length ? Codecs() : [])
        {
            if (codec.TryDecode(id, out var person) && platform.HasPerson(person))
            {
                return person;
            }
        }

        return null;
    }

    private IdentifierCodec[] Codecs() =>
    [
        .. platform.Apps.Select(static app => app.Identifiers),
        .. platform.Apps.Select(static app => app.OpenPlatform).OfType<string>().Distinct(StringComparer.Ordinal).Select(platform.UnionIds),
    ];
}
