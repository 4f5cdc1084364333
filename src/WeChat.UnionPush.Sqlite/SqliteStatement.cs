using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace WeChat.UnionPush.Sqlite;

/// <summary>
/// A prepared statement that is used again and again by one connection. It talks to SQLite itself: a command object with its parameters and
/// reader costs more than the seek it is for.
/// </summary>
internal sealed class SqliteStatement : ISqlRow, IDisposable
{
    private const int LongestOnStack = 512;

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    public SqliteStatement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <summary>Binds a text, or null. A text that is not well-formed binds as null too, which equals nothing: it cannot have been stored.</summary>
    public SqliteStatement Bind(int parameter, string? value)
    {
        if (value is null)
        {
            return BindNull(parameter);
        }

        if (value.Length == 0)
        {
            // An empty span has no address, which SQLite takes for null.
            Check(raw.sqlite3_bind_text(_statement, parameter, ""));
            return this;
        }

        var size = Encoding.UTF8.GetMaxByteCount(value.Length);
        var rented = size <= LongestOnStack ? null : ArrayPool<byte>.Shared.Rent(size);
        var buffer = rented ?? stackalloc byte[LongestOnStack];
        var status = Utf8.FromUtf16(value, buffer, out _, out var written, replaceInvalidSequences: false);
        if (status == OperationStatus.Done)
        {
            Check(raw.sqlite3_bind_text(_statement, parameter, buffer[..written]));
        }
        else
        {
            BindNull(parameter);
        }

        if (rented is not null)
        {
            // It may have been an access token.
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }

        return this;
    }

    public SqliteStatement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, long? value) => value is { } known ? Bind(parameter, known) : BindNull(parameter);

    public SqliteStatement Bind(int parameter, SqlValue value) => value.IsNull ? BindNull(parameter)
        : value.Type == SqlType.Text ? Bind(parameter, value.Text)
        : Bind(parameter, value.Number);

    /// <summary>Goes on to the next row. At the end, and when it fails, the statement is ready to be bound and run again.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        Check(raw.sqlite3_reset(_statement));
        return false;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Leaves the remaining rows unread.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public long? NullableInt64(int column) => IsNull(column) ? null : Int64(column);

    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    public string? NullableText(int column) => IsNull(column) ? null : Text(column);

    public bool Flag(int column) => Int64(column) != 0;

    public DateOnly Day(int column) => DateOnly.FromDayNumber((int)Int64(column));

    public void Dispose() => _statement.Dispose();

    private SqliteStatement BindNull(int parameter)
    {
        Check(raw.sqlite3_bind_null(_statement, parameter));
        return this;
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection);
}
