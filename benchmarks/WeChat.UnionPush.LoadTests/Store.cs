namespace WeChat.UnionPush.LoadTests;

internal enum Store
{
    Memory,
    Sqlite,

    /// <summary>The server that the variable UNIONPUSH_POSTGRESQL names.</summary>
    PostgreSql,

    /// <summary>The server that the variable UNIONPUSH_MYSQL names.</summary>
    MySql,
}
