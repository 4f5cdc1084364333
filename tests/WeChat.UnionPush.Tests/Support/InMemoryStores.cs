namespace WeChat.UnionPush.Tests;

/// <summary>One process's memory: what is opened later is the same.</summary>
public sealed class InMemoryStores : IStores
{
    public ValueTask<StoredData> CreateAsync()
    {
        IUnionPushStorage? storage = null;
        return new(new StoredData(clock => storage ??= new InMemoryUnionPushStorage(clock)));
    }
}
