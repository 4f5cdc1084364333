using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace WeChat.UnionPush.Sqlite;

/// <summary>The file of a database.</summary>
internal static class SqliteFile
{
    // https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html: SQLITE_FCNTL_HAS_MOVED. The driver's package does not hand it on.
    private const int HasMovedVerb = 20;

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">It cannot be read, or names no file.</exception>
    public static SqliteConnectionStringBuilder Read(string connectionString)
    {
        SqliteConnectionStringBuilder read;
        try
        {
            read = new SqliteConnectionStringBuilder(connectionString);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            var hint = connectionString.Contains('=', StringComparison.Ordinal) ? exception.Message : "It is the path of a file only.";
            throw new ArgumentException($"SQLite cannot read the connection string. {hint} It is written as in \"Data Source=unionpush.db\".", nameof(connectionString), exception);
        }

        return read.DataSource.Length > 0 && read.Mode != SqliteOpenMode.Memory && !IsMemory(read.DataSource)
            ? read
            : throw new ArgumentException(
                "The connection string names no file, as in \"Data Source=unionpush.db\". Without a store, identities are kept in memory already.", nameof(connectionString));
    }

    /// <summary>
    /// Makes the file where it is missing, readable by its owner alone: it holds access tokens, openids and UnionIDs. SQLite gives the files beside it the
    /// same mode. One that is there keeps the mode that it has.
    /// </summary>
    public static void Create(SqliteConnectionStringBuilder connectionString)
    {
        if (OperatingSystem.IsWindows() || connectionString.Mode != SqliteOpenMode.ReadWriteCreate || PathOf(connectionString.DataSource) is not { } path)
        {
            return;
        }

        try
        {
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is there, or SQLite says better than this why it cannot be.
        }
    }

    /// <summary>
    /// Whether the file under the name is no longer the one that is open: it was deleted, moved or replaced. What is written from then on nobody would find.
    /// Costs a look at the directory. Where SQLite cannot tell, as on Windows, whose files stay while they are open, it is not.
    /// </summary>
    public static bool HasMoved(sqlite3 database)
    {
        try
        {
            return FileControl(database.DangerousGetHandle(), 0, HasMovedVerb, out var hasMoved) == raw.SQLITE_OK && hasMoved != 0;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
        finally
        {
            GC.KeepAlive(database);
        }
    }

    /// <summary>The write-ahead log beside a file that was put in the place of another one, if there is one.</summary>
    public static string? FindForeignLog(string dataSource) =>
        PathOf(dataSource) is { } path && new FileInfo(path) is { Exists: true, Length: > 0 } && new FileInfo(path + "-wal") is { Exists: true, Length: > 0 } log ? log.Name : null;

    /// <summary>Whether a data source is an address of SQLite's that names no file.</summary>
    public static bool IsMemory(string dataSource) =>
        dataSource.Contains(":memory:", StringComparison.Ordinal)
        || (IsAddress(dataSource)
            && (dataSource.Contains("mode=memory", StringComparison.OrdinalIgnoreCase) || dataSource.Contains("vfs=memdb", StringComparison.OrdinalIgnoreCase)));

    /// <summary>The path as the driver finds it; <see langword="null"/> where an address asks that the file be there already.</summary>
    private static string? PathOf(string dataSource)
    {
        const string DataDirectory = "|DataDirectory|";
        if (IsAddress(dataSource))
        {
            // https://www.sqlite.org/uri.html
            var path = dataSource["file:".Length..];
            var end = path.IndexOfAny(['?', '#']);
            if (end >= 0 && path.Contains("mode=r", StringComparison.OrdinalIgnoreCase) && !path.Contains("mode=rwc", StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }

            path = end < 0 ? path : path[..end];
            if (path.StartsWith("//", StringComparison.Ordinal))
            {
                path = path.IndexOf('/', 2) is > 0 and var root ? path[root..] : "";
            }

            return path.Length > 0 ? Uri.UnescapeDataString(path) : null;
        }

        var directory = AppDomain.CurrentDomain.GetData("DataDirectory") as string ?? "";
        return dataSource.StartsWith(DataDirectory, StringComparison.OrdinalIgnoreCase)
            ? Path.Combine(directory, dataSource[DataDirectory.Length..].TrimStart('/', '\\'))
            : Path.Combine(directory, dataSource);
    }

    private static bool IsAddress(string dataSource) => dataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CallingConvention = CallingConvention.Cdecl)]
    private static extern int FileControl(nint database, nint name, int verb, out int answer);
}
