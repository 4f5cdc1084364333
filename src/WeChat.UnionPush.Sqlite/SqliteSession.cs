using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace WeChat.UnionPush.Sqlite;

/// <summary>One open connection with the statements it has prepared. Used by one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = new(ReferenceEqualityComparer.Instance);

    /// <param name="connectionString">The file.</param>
    /// <param name="busyTimeout">How long SQLite itself waits for other processes, in milliseconds; as long as the connection string says by default.</param>
    public SqliteSession(string connectionString, int? busyTimeout = null)
    {
        _connection = new SqliteConnection(connectionString);
        try
        {
            _connection.Open();

            // Another process that writes is waited for inside SQLite; the command timeout of the driver's own commands says how long.
            // With the write-ahead log, "normal" means that a power cut may take the last transactions and never damages the file, and that
            // a killed process loses nothing that was committed.
            var timeout = busyTimeout ?? (_connection.DefaultTimeout is > 0 and < int.MaxValue / 1000 and var seconds ? seconds * 1000 : int.MaxValue);
            Execute($"pragma busy_timeout = {timeout}; pragma synchronous = normal;");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Which opening of the file it belongs to.</summary>
    public int Generation { get; init; }

    /// <summary>Whether the file under the name is no longer the one that is open.</summary>
    public bool HasLostItsFile => SqliteFile.HasMoved(_connection.Handle!);

    /// <summary>How many rows the last statement wrote.</summary>
    public int Changes => raw.sqlite3_changes(_connection.Handle!);

    /// <summary>A statement ready to be bound.</summary>
    /// <param name="sql">A constant: statements are found again by the reference of their text.</param>
    public SqliteStatement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements.Add(sql, statement = new SqliteStatement(_connection.Handle!, sql));
        }

        return statement;
    }

    /// <summary>The number in the first column of the first row, or null when there is no row.</summary>
    public long? Scalar(string sql)
    {
        var statement = Prepare(sql);
        var value = statement.Step() ? statement.NullableInt64(0) : null;
        statement.Reset();
        return value;
    }

    /// <summary>Runs statements once.</summary>
    public void Execute(string sql) => SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(_connection.Handle!, sql), _connection.Handle!);

    /// <summary>Runs statements once, unless another connection is in the way.</summary>
    public bool TryExecute(string sql)
    {
        var result = raw.sqlite3_exec(_connection.Handle!, sql);
        if (result != raw.SQLITE_BUSY)
        {
            SqliteException.ThrowExceptionForRC(result, _connection.Handle!);
        }

        return result != raw.SQLITE_BUSY;
    }

    /// <summary>Lets a cancellation stop a statement that runs long.</summary>
    public CancellationTokenRegistration InterruptOn(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static connection => raw.sqlite3_interrupt((sqlite3)connection!), _connection.Handle);

    /// <summary>Closes the connection. A transaction under way is rolled back.</summary>
    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }
}
