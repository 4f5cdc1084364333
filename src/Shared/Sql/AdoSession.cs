using System.Data.Common;

namespace WeChat.UnionPush;

/// <summary>One transaction on one connection. It begins with its first statement, which costs no round trip of its own.</summary>
/// <param name="connection">An open connection.</param>
/// <param name="begin">What stands before the first statement; empty where there is to be no transaction.</param>
internal sealed class AdoSession(DbConnection connection, string begin)
{
    private string _before = begin;
    private bool _isCommitted;

    /// <summary>Runs statements and reads all rows of those that give some.</summary>
    /// <returns>The rows, and how many rows the statements wrote.</returns>
    public async ValueTask<(List<T> Rows, int Written)> RunAsync<T>(DbCommand command, Func<ISqlRow, T> read, CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            command.Connection = connection;
            command.CommandText = _before + command.CommandText;
            _before = "";
            var row = new DbRow();
            return await DbRow.ReadAllAsync(command.ExecuteReaderAsync(cancellationToken), reader => read(row.Of(reader)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs statements that only write.</summary>
    public async ValueTask<int> RunAsync(DbCommand command, CancellationToken cancellationToken) =>
        (await RunAsync(command, static _ => true, cancellationToken).ConfigureAwait(false)).Written;

    /// <summary>Runs the last statements of the transaction, which end with a semicolon. Since the commit goes with them, others never wait for a process that stops
    /// in between.</summary>
    public async ValueTask<int> RunLastAsync(DbCommand command, CancellationToken cancellationToken)
    {
        command.CommandText += "commit";
        var written = await RunAsync(command, cancellationToken).ConfigureAwait(false);
        _isCommitted = true;
        return written;
    }

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (!_isCommitted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await EndAsync("commit").ConfigureAwait(false);
        }
    }

    public async ValueTask RollBackAsync()
    {
        try
        {
            await EndAsync("rollback").ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DbException or InvalidOperationException)
        {
            // The connection is broken, and the server rolls back by itself. What the transaction failed with must not be hidden.
        }
    }

    private async ValueTask EndAsync(string how)
    {
        if (_before.Length == 0)
        {
            var command = connection.CreateCommand();
            command.CommandText = how;
            await RunAsync(command, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
