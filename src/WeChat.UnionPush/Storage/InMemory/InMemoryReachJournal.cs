namespace WeChat.UnionPush.Storage;

/// <summary>Notes within one process.</summary>
internal sealed class InMemoryReachJournal(TimeProvider timeProvider) : IReachJournal
{
    private readonly Dictionary<(string AppId, string Key), ReachNote> _notes = [];

    public ValueTask<ReachNote?> FindAsync(string appId, string key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_notes)
        {
            return new(Current(appId, key));
        }
    }

    public ValueTask<IReadOnlyDictionary<string, ReachNote>> FindAsync(string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        cancellationToken.ThrowIfCancellationRequested();
        var found = new Dictionary<string, ReachNote>(StringComparer.Ordinal);
        lock (_notes)
        {
            foreach (var key in keys)
            {
                if (Current(appId, key) is { } note)
                {
                    found[key] = note;
                }
            }
        }

        return new(found);
    }

    public ValueTask<ReachNote?> TryWriteAsync(
        string appId, string key, ReachNote? before, string value, DateTimeOffset expiresAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_notes)
        {
            var stored = _notes.GetValueOrDefault((appId, key));
            if (before is null ? Current(appId, key) is not null : stored?.Revision != before.Revision)
            {
                return new((ReachNote?)null);
            }

            var note = new ReachNote(value, (stored?.Revision ?? 0) + 1, Millisecond.Cut(expiresAt));
            _notes[(appId, key)] = note;
            return new(note);
        }
    }

    public ValueTask<IReadOnlyList<KeyValuePair<string, ReachNote>>> ListAsync(
        string appId, string prefix, string? afterKey, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        var now = timeProvider.GetUtcNow();
        lock (_notes)
        {
            return new([.. _notes
                .Where(entry => string.Equals(entry.Key.AppId, appId, StringComparison.Ordinal) && entry.Key.Key.StartsWith(prefix, StringComparison.Ordinal)
                    && entry.Value.ExpiresAt > now && (afterKey is null || string.CompareOrdinal(entry.Key.Key, afterKey) > 0))
                .OrderBy(static entry => entry.Key.Key, StringComparer.Ordinal).Take(limit)
                .Select(static entry => KeyValuePair.Create(entry.Key.Key, entry.Value))]);
        }
    }

    public ValueTask DeleteAsync(string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_notes)
        {
            foreach (var key in keys)
            {
                _notes.Remove((appId, key));
            }
        }

        return default;
    }

    public ValueTask<int> ExpireAsync(DateTimeOffset expiredBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_notes)
        {
            var expired = _notes.Where(note => note.Value.ExpiresAt <= expiredBefore).Take(limit).Select(static note => note.Key).ToList();
            expired.ForEach(key => _notes.Remove(key));
            return new(expired.Count);
        }
    }

    private ReachNote? Current(string appId, string key) =>
        _notes.TryGetValue((appId, key), out var note) && note.ExpiresAt > timeProvider.GetUtcNow() ? note : null;
}
