namespace WeChat.UnionPush.Tests;

/// <summary>Data that storages are opened on, each as another process would. Everything is closed at the end.</summary>
/// <param name="open">Opens a storage that takes its time from a clock.</param>
/// <param name="end">Ends the data.</param>
/// <param name="name">What the programs under test call it, where they can open it.</param>
public sealed class StoredData(Func<TimeProvider, IUnionPushStorage> open, Func<ValueTask>? end = null, string? name = null) : IAsyncDisposable
{
    private readonly List<IUnionPushStorage> _opened = [];

    public string Name => name ?? throw new NotSupportedException("Other processes cannot open it.");

    public IUnionPushStorage Open(TimeProvider? clock = null)
    {
        var storage = open(clock ?? TimeProvider.System);
        _opened.Add(storage);
        return storage;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var storage in _opened.OfType<IAsyncDisposable>())
        {
            await storage.DisposeAsync();
        }

        await (end?.Invoke() ?? default);
    }
}
