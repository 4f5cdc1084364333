using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace WeChat.UnionPush.Sqlite;

/// <content>Opening and closing, and a file that is taken away meanwhile.</content>
internal sealed partial class SqliteDatabase
{
    private SqliteSession OpenReader()
    {
        var reader = OpenFilled();

        // A push looks one of many up. In KiB, taken as it is needed; writing is no faster with more than the default.
        reader.Execute("pragma cache_size = -4000");
        return reader;
    }

    private ValueTask<SqliteSession> OpenWriterAsync(bool makesFile, CancellationToken cancellationToken)
    {
        return _writer is { } open && open.Generation == _generation ? new(open) : OpenAsync();

        // Opening reads the file, which another process may hold at that moment.
        async ValueTask<SqliteSession> OpenAsync()
        {
            CloseWriter();
            _writer = await _busyWait.RunAsync(
                (database: this, makesFile),
                static open => open.makesFile
                    ? new SqliteSession(open.database._connectionString.ConnectionString, SqliteBusyWait.InsideSqlite) { Generation = open.database._generation }
                    : open.database.OpenFilled(SqliteBusyWait.InsideSqlite),
                cancellationToken).ConfigureAwait(false);
            return _writer;
        }
    }

    /// <summary>Opens a file that has the schema, and makes none.</summary>
    private SqliteSession OpenFilled(int? busyTimeout = null)
    {
        SqliteSession session;
        try
        {
            session = new SqliteSession(_withoutMaking, busyTimeout) { Generation = _generation };
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_CANTOPEN)
        {
            // Should the file be gone, the next call makes a new one.
            Lose();
            throw;
        }

        try
        {
            if (VersionOf(session) > 0)
            {
                return session;
            }
        }
        catch
        {
            session.Dispose();
            throw;
        }

        session.Dispose();
        _wasTaken = true;
        Lose();
        throw SqliteFailure.FileIsGone(_connectionString.DataSource);
    }

    /// <summary>Throws where somebody deleted or replaced the file; the next call opens what is there then.</summary>
    private void SeeFile(SqliteSession session)
    {
        if (!session.HasLostItsFile)
        {
            return;
        }

        if (session.Generation == _generation)
        {
            _wasTaken = true;
            Lose();
        }

        throw SqliteFailure.FileIsGone(_connectionString.DataSource);
    }

    // Two that find out at once may both count; what counts is that nobody goes on with what is open.
    private void Lose()
    {
        Interlocked.Increment(ref _generation);
        _isReady = false;
        CloseIdle();
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
}
