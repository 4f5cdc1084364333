namespace WeChat.UnionPush.Simulator;

/// <summary>The last entries of one kind, by number. Not for two threads at once.</summary>
internal sealed class Ring<T>(int capacity)
    where T : class, IEntry
{
    private readonly Queue<long> _oldestFirst = new();
    private readonly Dictionary<long, T> _byId = [];

    public int Count => _byId.Count;

    public void Add(T entry)
    {
        if (capacity == 0)
        {
            return;
        }

        if (_byId.TryAdd(entry.Id, entry))
        {
            _oldestFirst.Enqueue(entry.Id);
        }
        else
        {
            Replace(entry);
        }

        while (_oldestFirst.Count > capacity)
        {
            _byId.Remove(_oldestFirst.Dequeue());
        }
    }

    /// <summary>Puts another version of an entry in its place.</summary>
    public void Replace(T entry) => _byId[entry.Id] = entry;

    public T? Find(long id) => _byId.GetValueOrDefault(id);

    public T[] ToArray() => [.. _oldestFirst.Select(id => _byId[id])];

    public void Clear()
    {
        _oldestFirst.Clear();
        _byId.Clear();
    }
}
