using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace WeChat.UnionPush.Sqlite;

/// <summary>
/// One file, read by any number of connections at once and written by one: writers of this process take turns, so that only those of other
/// processes meet at SQLite's own lock.
/// </summary>
internal sealed partial class SqliteDatabase : ISqlDatabase, IAsyncDisposable, IDisposable
{
    private const string Begin = "begin";
    private const string BeginImmediate = "begin immediate";
    private const string BeginExclusive = "begin exclusive";
    private const string Commit = "commit";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private static readonly int IdleLimit = Math.Max(4, Environment.ProcessorCount);

    private readonly SchemaScript _schema;
    private readonly SqliteConnectionStringBuilder _connectionString;
    private readonly string _withoutMaking;
    private readonly ConcurrentQueue<SqliteSession> _idle = [];
    private readonly SemaphoreSlim _writing = new(1);
    private SqliteSession? _writer;
    private readonly SqliteBusyWait _busyWait;
    private volatile bool _isReady;
    private volatile int _generation;

    // Whether the file under the name is another one than was open.
    private volatile bool _wasTaken;
    private long _lookedAt;
    private volatile bool _isDisposed;

    static SqliteDatabase() => Batteries_V2.Init();

    public SqliteDatabase(string connectionString, SchemaScript schema, ILogger? logger = null)
    {
        // The pool here keeps the prepared statements with their connections, which the driver's does not.
        _schema = schema;
        _connectionString = SqliteFile.Read(connectionString);
        _connectionString.Pooling = false;

        // Only where the schema is made, a file is.
        var withoutMaking = new SqliteConnectionStringBuilder(_connectionString.ConnectionString);
        withoutMaking.Mode = withoutMaking.Mode == SqliteOpenMode.ReadWriteCreate ? SqliteOpenMode.ReadWrite : withoutMaking.Mode;
        _withoutMaking = withoutMaking.ConnectionString;
        _busyWait = new SqliteBusyWait(_connectionString.DataSource, _connectionString.DefaultTimeout, logger);
    }

    /// <summary>Who writes is alone with the file.</summary>
    public SqlDialect Dialect { get; } = new() { Parameter = '?', ForUpdate = "", ClaimBatch = SqlDialect.ClaimBatchWhere("") };

    public async ValueTask EnsureSchemaAsync(CancellationToken cancellationToken)
    {
        await LockAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_writer is null || _writer.Generation != _generation)
            {
                if (_wasTaken && SqliteFile.FindForeignLog(_connectionString.DataSource) is { } log)
                {
                    throw SqliteFailure.FileIsMixed(_connectionString.DataSource, log);
                }

                SqliteFile.Create(_connectionString);
            }

            var writer = await OpenWriterAsync(makesFile: true, cancellationToken).ConfigureAwait(false);
            var version = await _busyWait.RunAsync(writer, VersionOf, cancellationToken).ConfigureAwait(false);
            if (_schema.UpgradesFrom(version).Count > 0)
            {
                // Readers and the writer do not wait for each other, and commits need no flush to the disk. The file remembers it. SQLite does not wait
                // when another process does the same; a transaction that lets nobody else in does.
                while (!writer.TryExecute("pragma journal_mode = wal"))
                {
                    await _busyWait.BeginAsync(writer, BeginExclusive, cancellationToken).ConfigureAwait(false);
                    writer.Execute(Commit);
                }

                await _busyWait.BeginAsync(writer, BeginImmediate, cancellationToken).ConfigureAwait(false);
                foreach (var upgrade in _schema.UpgradesFrom(VersionOf(writer)))
                {
                    writer.Execute(upgrade);
                }

                writer.Execute(Commit);
            }

            _wasTaken = false;
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
            var writer = await OpenWriterAsync(makesFile: false, cancellationToken).ConfigureAwait(false);
            await _busyWait.BeginAsync(writer, BeginImmediate, cancellationToken).ConfigureAwait(false);
            SeeFile(writer);
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

    public ValueTask<List<T>> QueryAsync<T>(string sql, Func<ISqlRow, T> read, CancellationToken cancellationToken, params SqlValue[] values) =>
        ReadAsync(
            (sql, read, values),
            static (session, query, cancellationToken) =>
            {
                using var interrupt = session.InterruptOn(cancellationToken);
                var rows = new List<T>();
                var select = Bound(session, query.sql, query.values);
                while (select.Step())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    rows.Add(query.read(select));
                }

                return rows;
            },
            asTransaction: false,
            cancellationToken);

    public ValueTask<int> ExecuteAsync(string sql, IReadOnlyCollection<SqlValue[]> runs, CancellationToken cancellationToken) =>
        WriteAsync(
            (sql, runs),
            static (session, batch, cancellationToken) =>
            {
                using var interrupt = session.InterruptOn(cancellationToken);
                var written = 0;
                foreach (var values in batch.runs)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Bound(session, batch.sql, values).Run();
                    written += session.Changes;
                }

                return written;
            },
            cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        await _writing.WaitAsync().ConfigureAwait(false);
        Close();
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _writing.Wait();
        Close();
    }

    private void Close()
    {
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

            // A look at the directory costs as much as a seek, so a reader looks now and then.
            var now = TimeProvider.System.GetTimestamp();
            if (TimeProvider.System.GetElapsedTime(Volatile.Read(ref _lookedAt), now) >= LookEvery)
            {
                Volatile.Write(ref _lookedAt, now);
                SeeFile(session);
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

            if (_idle.Count >= IdleLimit || session.Generation != _generation)
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

    private static SqliteStatement Bound(SqliteSession session, string sql, SqlValue[] values)
    {
        var statement = session.Prepare(sql);
        for (var i = 0; i < values.Length; i++)
        {
            statement.Bind(i + 1, values[i]);
        }

        return statement;
    }

    private static int VersionOf(SqliteSession session) =>
        session.Scalar("select 1 from sqlite_schema where type = 'table' and name = 'unionpush_schema'") is null
            ? 0
            : (int)(session.Scalar("select max(version) from unionpush_schema") ?? 0);

    private Exception Translated(SqliteException exception, CancellationToken cancellationToken) =>
        SqliteFailure.Of(exception, _connectionString.DataSource, _connectionString.DefaultTimeout, cancellationToken);
}
