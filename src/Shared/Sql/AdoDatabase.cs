using System.Data.Common;

namespace WeChat.UnionPush;

/// <summary>A server behind an ADO.NET driver: who may connect, what is tried again where the server asks for it, and what a failure is called.</summary>
internal abstract class AdoDatabase : ISqlDatabase
{
    // Of those who get into each other's way one is always through, so this many may meet.
    private const int Attempts = 20;

    private readonly ConnectionTurns _turns;
    private readonly string _begin;

    /// <param name="dataSource">Where to connect.</param>
    /// <param name="patience">How long the driver waits for a connection.</param>
    /// <param name="begin">Begins a transaction; statements follow in the same command.</param>
    protected AdoDatabase(DbDataSource dataSource, TimeSpan patience, string begin)
    {
        DataSource = dataSource;
        _begin = begin;
        _turns = new(patience, exception => exception is DbException refusal && Judge(refusal).Kind == SqlFailureKind.NoConnection);
    }

    public DbDataSource DataSource { get; }

    public abstract SqlDialect Dialect { get; }

    /// <summary>The database, as a message begins with it.</summary>
    protected abstract string Name { get; }

    public abstract ValueTask<List<T>> QueryAsync<T>(string sql, Func<ISqlRow, T> read, CancellationToken cancellationToken, params SqlValue[] values);

    public abstract ValueTask<int> ExecuteAsync(string sql, IReadOnlyCollection<SqlValue[]> runs, CancellationToken cancellationToken);

    /// <summary>Writes in one transaction, which happens whole or not at all. What it does may be done again.</summary>
    public ValueTask<T> WriteAsync<TState, T>(TState state, Func<AdoSession, TState, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken) =>
        SessionAsync(
            _begin,
            (state, write),
            static async (session, call, cancellationToken) =>
            {
                try
                {
                    var result = await call.write(session, call.state, cancellationToken).ConfigureAwait(false);
                    await session.CommitAsync(cancellationToken).ConfigureAwait(false);
                    return result;
                }
                catch
                {
                    await session.RollBackAsync().ConfigureAwait(false);
                    throw;
                }
            },
            cancellationToken);

    protected abstract SqlFailure Judge(DbException exception);

    /// <summary>Runs a command outside of a transaction, in one round trip, and reads all rows.</summary>
    protected ValueTask<List<T>> RunAsync<T>(Func<DbCommand> command, Func<ISqlRow, T> read, CancellationToken cancellationToken) =>
        SessionAsync(
            "",
            (command, read),
            static async (session, call, cancellationToken) => (await session.RunAsync(call.command(), call.read, cancellationToken).ConfigureAwait(false)).Rows,
            cancellationToken);

    /// <summary>Runs what happens whole or not at all, and again where it met others.</summary>
    /// <param name="state">What <paramref name="runAsync"/> needs.</param>
    /// <param name="runAsync">Connects or runs; where connecting fails, it has run nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    protected async ValueTask<T> AttemptAsync<TState, T>(TState state, Func<TState, CancellationToken, ValueTask<T>> runAsync, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await runAsync(state, cancellationToken).ConfigureAwait(false);
            }
            catch (DbException exception) when (attempt < Attempts && Judge(exception).Kind == SqlFailureKind.Conflict)
            {
                // Another call is through now, or the server undid everything for the sake of one.
            }
            catch (DbException exception)
            {
                throw Judge(exception).Of(Name, exception);
            }
        }
    }

    /// <summary>Connects, and where the server has no connection left, waits for the turn.</summary>
    protected ValueTask<T> ConnectAsync<TState, T>(TState state, Func<TState, CancellationToken, ValueTask<T>> connectAsync, CancellationToken cancellationToken) =>
        _turns.ConnectAsync(state, connectAsync, cancellationToken);

    private ValueTask<T> SessionAsync<TState, T>(
        string begin, TState state, Func<AdoSession, TState, CancellationToken, ValueTask<T>> runAsync, CancellationToken cancellationToken) =>
        AttemptAsync(
            (database: this, begin, state, runAsync),
            static async (call, cancellationToken) =>
            {
                var connection = await call.database.ConnectAsync(
                    call.database.DataSource, static (source, cancellationToken) => source.OpenConnectionAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    return await call.runAsync(new(connection, call.begin), call.state, cancellationToken).ConfigureAwait(false);
                }
            },
            cancellationToken);
}
