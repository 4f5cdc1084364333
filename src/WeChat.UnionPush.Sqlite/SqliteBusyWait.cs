using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace WeChat.UnionPush.Sqlite;

/// <summary>
/// Begins transactions, and reads alone, while other processes may hold the file. SQLite's own wait keeps a thread for all its length, so only its first moments are left to
/// it; after a second the log says who is waited for.
/// </summary>
/// <param name="file">The file, for the log.</param>
/// <param name="seconds">How long is waited; 0 for ever.</param>
/// <param name="logger">The log, if there is one.</param>
internal sealed class SqliteBusyWait(string file, int seconds, ILogger? logger)
{
    /// <summary>How long SQLite itself waits, in milliseconds.</summary>
    public const int InsideSqlite = 20;

    private const int LongestPause = 50;

    // The machine's clock, whatever clock the stores have: the other process runs by it.
    private static readonly TimeProvider Clock = TimeProvider.System;

    private static readonly TimeSpan Word = TimeSpan.FromSeconds(1);

    private static readonly Action<ILogger, string, int, Exception?> IsLocked = LoggerMessage.Define<string, int>(
        LogLevel.Warning,
        new EventId(80, nameof(IsLocked)),
        "The SQLite database '{File}' has been locked by another process for more than a second. Writes wait for it, {Seconds} s at the most "
            + "(\"Default Timeout\" in the connection string). Look for a process that hangs, was stopped, or holds a transaction open");

    /// <summary>Begins a transaction.</summary>
    /// <exception cref="SqliteException">The file stayed locked.</exception>
    public async ValueTask BeginAsync(SqliteSession session, string sql, CancellationToken cancellationToken) =>
        await RunAsync(
            (session, sql),
            static begin =>
            {
                begin.session.Prepare(begin.sql).Run();
                return 0;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Runs what fails while the file is locked, again and again.</summary>
    /// <exception cref="SqliteException">The file stayed locked.</exception>
    public async ValueTask<T> RunAsync<TState, T>(TState state, Func<TState, T> run, CancellationToken cancellationToken)
    {
        var started = Clock.GetTimestamp();
        var isTold = false;
        for (var pause = 1; ; pause = Math.Min(2 * pause, LongestPause))
        {
            try
            {
                return run(state);
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_BUSY && (seconds == 0 || Clock.GetElapsedTime(started).TotalSeconds < seconds))
            {
                if (!isTold && logger is not null && Clock.GetElapsedTime(started) >= Word)
                {
                    isTold = true;
                    IsLocked(logger, file, seconds, null);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(pause), Clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
