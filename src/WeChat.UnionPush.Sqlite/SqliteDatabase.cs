using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace WeChat.UnionPush.Sqlite;

/// <summary>
/// One file, read by any number of connections at once and written by one: writers of this process take turns, so that only those of other
/// processes meet at SQLite's own lock.
/// </summary>
internal sealed class SqliteDatabase : IAsyncDisposable
{
    private const string Begin = "begin";
    private const string BeginImmediate = "begin immediate";
    private const string BeginExclusive = "begin exclusive";
    private const string Commit = "commit";

    private static readonly int IdleLimit = Math.Max(4, Environment.ProcessorCount);

    private readonly SchemaScript _schema;
    private readonly SqliteConnectionStringBuilder _connectionString;
    private readonly ConcurrentQueue<SqliteSession> _idle = [];
    private readonly SemaphoreSlim _writing = new(1);
    private SqliteSession? _writer;
    private volatile bool _isReady;
    private volatile bool _isDisposed;

    static SqliteDatabase() => Batteries_V2.Init();

    public SqliteDatabase(string connectionString, SchemaScript schema)
    {
        // The pool here keeps the prepared statements with their connections, which the driver's does not.
        _schema = schema;
        _connectionString = new SqliteConnectionStringBuilder(connectionString) { Pooling = false };
        if (_connectionString.DataSource.Length == 0 || _connectionString.Mode == SqliteOpenMode.Memory || _connectionString.DataSource.Contains(":memory:", StringComparison.Ordinal))
        {
            throw new ArgumentException("The connection string names no file, as in \"Data Source=unionpush.db\". Without a store, identities are kept in memory already.", nameof(connectionString));
        }
    }

    public async ValueTask EnsureSchemaAsync(CancellationToken cancellationToken)
    {
        await LockAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var writer = _writer ??= new SqliteSession(_connectionString.ConnectionString);
            if (_schema.UpgradesFrom(VersionOf(writer)).Count > 0)
            {
                // Readers and the writer do not wait for each other, and commits need no flush to the disk. The file remembers it. SQLite does not wait
                // when another process does the same; a transaction that lets nobody else in does.
                while (!writer.TryExecute("pragma journal_mode = wal"))
                {
                    writer.Execute(BeginExclusive);
                    writer.Execute(Commit);
                }

                writer.Execute(BeginImmediate);
                foreach (var upgrade in _schema.UpgradesFrom(VersionOf(writer)))
                {
                    writer.Execute(upgrade);
                }

                writer.Execute(Commit);
            }

            _isReady = true;
        }
        catch (SqliteException exception)
        {
            CloseWriter();
            throw Translated(exception, cancellationToken);
        }
        catch
        {
            CloseWriter();
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>
    /// Reads on the caller's thread: a seek takes less time than handing it to another. As a transaction, several statements see one state of the
    /// database and share one lock.
    /// </summary>
    public ValueTask<T> ReadAsync<TState, T>(TState state, Func<SqliteSession, TState, CancellationToken, T> read, bool asTransaction, CancellationToken cancellationToken)
    {
        return _isReady ? new(Read(state, read, asTransaction, cancellationToken)) : EnsureAndReadAsync();

        async ValueTask<T> EnsureAndReadAsync()
        {
            await EnsureSchemaAsync(cancellationToken).ConfigureAwait(false);
            return Read(state, read, asTransaction, cancellationToken);
        }
    }

    /// <summary>Writes in one transaction, which happens whole or, when anything throws, not at all.</summary>
    public async ValueTask<T> WriteAsync<TState, T>(TState state, Func<SqliteSession, TState, CancellationToken, T> write, CancellationToken cancellationToken)
    {
        if (!_isReady)
        {
            await EnsureSchemaAsync(cancellationToken).ConfigureAwait(false);
        }

        await LockAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var writer = _writer ??= new SqliteSession(_connectionString.ConnectionString);
            writer.Prepare(BeginImmediate).Run();
            var result = write(writer, state, cancellationToken);
            writer.Prepare(Commit).Run();
            return result;
        }
        catch (SqliteException exception)
        {
            CloseWriter();
            throw Translated(exception, cancellationToken);
        }
        catch
        {
            CloseWriter();
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        await _writing.WaitAsync().ConfigureAwait(false);
        _isDisposed = true;
        CloseWriter();
        CloseIdle();
        _writing.Release();
    }

    private T Read<TState, T>(TState state, Func<SqliteSession, TState, CancellationToken, T> read, bool asTransaction, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        SqliteSession? session = null;
        try
        {
            if (!_idle.TryDequeue(out session))
            {
                session = OpenReader();
            }

            if (asTransaction)
            {
                session.Prepare(Begin).Run();
            }

            var result = read(session, state, cancellationToken);
            if (asTransaction)
            {
                session.Prepare(Commit).Run();
            }

            if (_idle.Count >= IdleLimit)
            {
                session.Dispose();
            }
            else
            {
                _idle.Enqueue(session);
            }

            if (_isDisposed)
            {
                CloseIdle();
            }

            return result;
        }
        catch (SqliteException exception)
        {
            session?.Dispose();
            throw Translated(exception, cancellationToken);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    private async ValueTask LockAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_isDisposed)
        {
            _writing.Release();
            throw new ObjectDisposedException(nameof(SqliteUnionPushStorage));
        }
    }

    private SqliteSession OpenReader()
    {
        var reader = new SqliteSession(_connectionString.ConnectionString);

        // A push looks one of many up. In KiB, taken as it is needed; writing is no faster with more than the default.
        reader.Execute("pragma cache_size = -4000");
        return reader;
    }

    // Closing rolls a transaction back, whatever state it is in.
    private void CloseWriter()
    {
        _writer?.Dispose();
        _writer = null;
    }

    private void CloseIdle()
    {
        while (_idle.TryDequeue(out var session))
        {
            session.Dispose();
        }
    }

    private static int VersionOf(SqliteSession session) =>
        session.Scalar("select 1 from sqlite_schema where type = 'table' and name = 'unionpush_schema'") is null
            ? 0
            : (int)(session.Scalar("select max(version) from unionpush_schema") ?? 0);

    private Exception Translated(SqliteException sqlite, CancellationToken cancellationToken)
    {
        var file = _connectionString.DataSource;
        return sqlite.SqliteErrorCode switch
        {
            raw.SQLITE_INTERRUPT when cancellationToken.IsCancellationRequested => new OperationCanceledException("The call was cancelled.", sqlite, cancellationToken),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => Failure($"is locked: another process has been writing for {_connectionString.DefaultTimeout} s. Look for one that hangs or holds a transaction open, or raise \"Default Timeout\" in the connection string", isTransient: true),
            raw.SQLITE_FULL => Failure("cannot grow: the disk is full. Free some space"),
            raw.SQLITE_CANTOPEN => Failure("cannot be opened. See that its directory exists and that this process may write there"),
            raw.SQLITE_READONLY or raw.SQLITE_PERM => Failure("cannot be written. See that this process may write the file and its directory"),
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Failure("is damaged or no SQLite database. Restore it from a backup, or delete it and let a sync fill a new one"),
            raw.SQLITE_IOERR => Failure("cannot be read or written"),
            _ => Failure("refused a statement"),
        };

        UnionPushStorageException Failure(string what, bool isTransient = false) =>
            new($"The SQLite database '{file}' {what}. Nothing was half written. SQLite says: {sqlite.Message}", isTransient, sqlite);
    }
}
