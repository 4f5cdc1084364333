using WeChat.UnionPush.Sqlite;

namespace WeChat.UnionPush.Tests;

/// <summary>A file of its own for each data.</summary>
public sealed class SqliteStores : IStores
{
    public ValueTask<StoredData> CreateAsync()
    {
        var folder = new TemporaryFolder();
        return new(new StoredData(
            clock => new SqliteUnionPushStorage($"Data Source={folder["unionpush.db"]}", clock),
            () =>
            {
                folder.Dispose();
                return default;
            }));
    }
}
