namespace WeChat.UnionPush.Tests;

/// <summary>Where a kind of storage can be opened: in memory, in a folder, on a server.</summary>
public interface IStores
{
    /// <summary>Data of their own, empty at first.</summary>
    ValueTask<StoredData> CreateAsync();
}
