namespace WeChat.UnionPush.LoadTests;

internal enum Store
{
    Memory,
    Sqlite,
}
