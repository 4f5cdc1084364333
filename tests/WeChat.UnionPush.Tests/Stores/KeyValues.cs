using System.Collections.Immutable;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>Texts under ordered keys, as many databases without SQL have them: get, scan, and a commit that fails where somebody else wrote meanwhile.</summary>
internal sealed class KeyValues
{
    private State _all = new(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal), ImmutableSortedSet.Create<string>(StringComparer.Ordinal));

    public View Look() => new(Volatile.Read(ref _all));

    public bool TryCommit(View view) => ReferenceEquals(Interlocked.CompareExchange(ref _all, view.Now, view.Before), view.Before);

    /// <summary>What was there at one moment, and what is written on it.</summary>
    internal sealed class View(State before)
    {
        public State Before { get; } = before;

        public State Now { get; private set; } = before;

        public string? Get(string key) => Now.Values.GetValueOrDefault(key);

        public void Set(string key, string? value) => Now = value is null
            ? new(Now.Values.Remove(key), Now.Keys.Remove(key))
            : new(Now.Values.SetItem(key, value), Now.Keys.Add(key));

        /// <summary>What begins with a prefix, behind a key, in the order of the keys.</summary>
        public IEnumerable<KeyValuePair<string, string>> Scan(string prefix, string after = "")
        {
            var (values, keys) = (Now.Values, Now.Keys);
            var place = keys.IndexOf(string.CompareOrdinal(prefix, after) > 0 ? prefix : after);

            // Where a key is not there, the place is that of the next one, inverted.
            for (var i = place < 0 ? ~place : place; i < keys.Count && keys[i].StartsWith(prefix, StringComparison.Ordinal); i++)
            {
                if (string.CompareOrdinal(keys[i], after) > 0)
                {
                    yield return new(keys[i], values[keys[i]]);
                }
            }
        }
    }

    internal sealed record State(ImmutableDictionary<string, string> Values, ImmutableSortedSet<string> Keys);
}
