using System.Collections.Immutable;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>Texts under ordered keys, as many databases without SQL have them: get, scan, and a commit that fails where somebody else wrote meanwhile.</summary>
internal sealed class KeyValues
{
    private ImmutableSortedDictionary<string, string> _all = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public View Look() => new(Volatile.Read(ref _all));

    public bool TryCommit(View view) => ReferenceEquals(Interlocked.CompareExchange(ref _all, view.Now, view.Before), view.Before);

    /// <summary>What was there at one moment, and what is written on it.</summary>
    internal sealed class View(ImmutableSortedDictionary<string, string> before)
    {
        public ImmutableSortedDictionary<string, string> Before { get; } = before;

        public ImmutableSortedDictionary<string, string> Now { get; private set; } = before;

        public string? Get(string key) => Now.GetValueOrDefault(key);

        public void Set(string key, string? value) => Now = value is null ? Now.Remove(key) : Now.SetItem(key, value);

        /// <summary>What begins with a prefix, behind a key, in the order of the keys.</summary>
        public IEnumerable<KeyValuePair<string, string>> Scan(string prefix, string after = "") =>
            Now.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(pair.Key, after) > 0);
    }
}
