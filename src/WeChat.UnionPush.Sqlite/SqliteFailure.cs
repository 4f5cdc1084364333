using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace WeChat.UnionPush.Sqlite;

/// <summary>Says what SQLite's codes mean for the host.</summary>
internal static class SqliteFailure
{
    /// <summary>The exception for the store's caller.</summary>
    /// <param name="sqlite">What SQLite said.</param>
    /// <param name="file">The file.</param>
    /// <param name="timeout">How long was waited for other processes, in seconds.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public static Exception Of(SqliteException sqlite, string file, int timeout, CancellationToken cancellationToken)
    {
        return sqlite.SqliteErrorCode switch
        {
            raw.SQLITE_INTERRUPT when cancellationToken.IsCancellationRequested => new OperationCanceledException("The call was cancelled.", sqlite, cancellationToken),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED =>
                Failure($"is locked: another process has been writing for {timeout} s. Look for one that hangs or holds a transaction open, "
                    + "or raise \"Default Timeout\" in the connection string", isTransient: true),
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

    /// <summary>The exception for who finds out that the open file is not the one under the name any more.</summary>
    public static UnionPushStorageException FileIsGone(string file) => new(
        $"The SQLite database '{file}' was deleted, moved or replaced while it was open, and nothing was written to what is left of it. The next call opens the "
            + "file that is there then, and makes a new one where there is none: restore a backup, or let a sync fill the new one.",
        isTransient: true);

    /// <summary>The exception where the former file's log lies beside the new file.</summary>
    public static UnionPushStorageException FileIsMixed(string file, string log) => new(
        $"The SQLite database '{file}' was replaced while it was open, and '{log}' beside it belongs to the former file. SQLite would mix both, so the new one is "
            + "not opened. Stop the processes that use it, delete that file and the one that ends in -shm, and start them again.",
        isTransient: false);
}
