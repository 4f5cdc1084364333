namespace WeChat.UnionPush.Tool.Hosts;

/// <summary>The databases that the tool can open.</summary>
internal enum StoreKind
{
    Sqlite,
    PostgreSql,
    MySql,
}
