extern alias Sqlite;

using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Sqlite;
using Inbox = Sqlite::WeChat.UnionPush.SqlWeChatEventInbox;
using Identities = Sqlite::WeChat.UnionPush.SqlUnionIdRepository;
using SqlReceipts = Sqlite::WeChat.UnionPush.SqlMessageReceipts;

namespace WeChat.UnionPush.Tests.Stores;

public sealed class SqliteStoreTests() : StoreConformance<SqliteStores>(new SqliteStores()), IDisposable
{
    private const int Latest = 7;
    private const string Version = "7";

    private readonly TemporaryFolder _folder = new();

    protected override int ModelRuns => 300;

    private string ConnectionString => $"Data Source={_folder["unionpush.db"]}";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Many_may_open_a_new_file_at_the_same_moment()
    {
        for (var file = 0; file < 50; file++)
        {
            var name = _folder[$"new-{file}.db"];
            using var start = new Barrier(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(host => Task.Factory.StartNew(
                async () =>
                {
                    await using var storage = new SqliteUnionPushStorage($"Data Source={name}");
                    start.SignalAndWait(Cancelled);
                    await storage.Identities.SaveAsync([new WeChatIdentity("wx", $"o{host}")], Cancelled);
                },
                Cancelled,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()));
            await using var opened = new SqliteUnionPushStorage($"Data Source={name}");
            Assert.Equal(4, (await opened.Identities.FindAsync("wx", ["o0", "o1", "o2", "o3"], Cancelled)).Count);
        }
    }

    [Theory]
    [InlineData(SqliteUnionIdRepository.SelectIdentity, "SEARCH unionpush_identity USING PRIMARY KEY (app_id=? AND open_id=?)")]
    [InlineData(SqliteUnionIdRepository.SelectLink,
        "SEARCH s USING PRIMARY KEY (app_id=? AND open_id=?)|SEARCH t USING INDEX unionpush_identity_union_id (union_id=? AND app_id=?) LEFT-JOIN")]
    [InlineData(SqliteUnionIdRepository.SelectByUnionId, "SEARCH unionpush_identity USING INDEX unionpush_identity_union_id (union_id=? AND app_id=?)")]
    [InlineData(SqliteUnionIdRepository.SelectReach,
        "SEARCH s USING PRIMARY KEY (app_id=?)|CORRELATED SCALAR SUBQUERY 1|SEARCH t USING INDEX unionpush_identity_union_id (union_id=? AND app_id=?)|USE TEMP " +
        "B-TREE FOR ORDER BY")]
    [InlineData(SqliteUnionIdRepository.DeleteByUnionId, "SEARCH unionpush_identity USING INDEX unionpush_identity_union_id (union_id=?)")]
    [InlineData(SqliteWeChatEventInbox.SelectWaiting,
        "SEARCH e USING INDEX unionpush_event_waiting (available_at<?)|LIST SUBQUERY 1|SCAN json_each VIRTUAL TABLE INDEX 1:|CREATE BLOOM FILTER|CORRELATED SCALAR " +
        "SUBQUERY 2|SEARCH o USING INDEX unionpush_event_out (app_id=? AND open_id=?)")]
    [InlineData(SqliteWeChatEventInbox.DeleteSettled,
        "SEARCH unionpush_event USING INTEGER PRIMARY KEY (rowid=?)|LIST SUBQUERY 1|SEARCH unionpush_event USING COVERING INDEX unionpush_event_settled " +
        "(settled_at>? AND settled_at<?)|CREATE BLOOM FILTER")]
    [InlineData(SqliteMessageReceipts.SelectByMessageId, "SEARCH unionpush_receipt USING PRIMARY KEY (app_id=? AND message_id=?)")]
    [InlineData(SqliteMessageReceipts.SelectByCorrelationId, "SEARCH unionpush_receipt USING INDEX unionpush_receipt_correlation_id (app_id=? AND correlation_id=?)")]
    [InlineData(SqliteMessageReceipts.UpdateForgotten, "SEARCH unionpush_receipt USING INDEX unionpush_receipt_open_id (app_id=? AND open_id=?)")]
    [InlineData(SqliteMessageReceipts.DeleteOld,
        "SEARCH unionpush_receipt USING PRIMARY KEY (app_id=? AND message_id=?)|LIST SUBQUERY 2|SEARCH unionpush_receipt USING COVERING INDEX " +
        "unionpush_receipt_saved_at (saved_at<?)|CREATE BLOOM FILTER")]
    public Task Every_look_up_is_a_seek(string sql, string plan) => HasPlanAsync(sql, plan);

    [Fact]
    public async Task A_page_of_a_list_is_a_range_of_an_index()
    {
        await using var storage = Open();
        var dialect = Database(storage).Dialect;
        const string receipts = "SEARCH unionpush_receipt USING INDEX unionpush_receipt_listed (app_id=? AND <expr>>? AND <expr><?)";
        foreach (var condition in new[] { "", " and status is null", " and status is not null", " and status = $7" })
        {
            await HasPlanAsync(SqlReceipts.SelectPage(dialect, SqliteMessageReceipts.ListedAt, condition), receipts);
        }

        await HasPlanAsync(dialect.Spell(Inbox.SelectBuried), "SEARCH unionpush_event USING INDEX unionpush_event_buried (app_id=? AND buried_at<?)");
        await HasPlanAsync(dialect.Spell(Identities.SelectPage), "SEARCH unionpush_identity USING PRIMARY KEY (app_id=? AND open_id>?)");
        await HasPlanAsync(dialect.Spell(Inbox.Complete), "SEARCH unionpush_event USING INDEX unionpush_event_key (app_id=? AND deduplication_key=?)");
        await HasPlanAsync(dialect.Spell(Inbox.Requeue), "SEARCH unionpush_event USING INDEX unionpush_event_key (app_id=? AND deduplication_key=?)");
    }

    private async Task HasPlanAsync(string sql, string plan)
    {
        await using var storage = Open();
        await storage.EnsureSchemaAsync(Cancelled);
        Assert.Equal(plan, string.Join('|', Query($"explain query plan {sql}", column: 3, [.. Enumerable.Range(1, 7).Select(n => (n, (object)"a"))])));
    }

    [Fact]
    public async Task The_schema_is_made_at_the_first_use()
    {
        await using var storage = Open();
        Assert.False(File.Exists(_folder["unionpush.db"]));
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        Assert.Equal([Version], Query("select version from unionpush_schema", column: 0));
        Assert.Equal(["wal"], Query("pragma journal_mode", column: 0));
    }

    [Fact]
    public async Task Making_the_schema_again_changes_nothing()
    {
        await using (var storage = Open())
        {
            await storage.EnsureSchemaAsync(Cancelled);
            await storage.EnsureSchemaAsync(Cancelled);
            await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        }

        await using var again = Open();
        await again.EnsureSchemaAsync(Cancelled);
        Assert.Single(await again.Identities.FindAsync("wx", ["o1"], Cancelled));
        Assert.Equal([Version], Query("select version from unionpush_schema", column: 0));
    }

    [Fact]
    public async Task Many_may_make_the_schema_at_once()
    {
        await using var opened = new Opened();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => opened.Add(Open())).ToList().Select((storage, i) => Task.Run(
            async () => await storage.Identities.SaveAsync([new("wx", $"o{i}")], Cancelled), Cancelled)));
        Assert.Equal(16, (await opened.Add(Open()).Identities.FindAsync("wx", [.. Enumerable.Range(0, 16).Select(i => $"o{i}")], Cancelled)).Count);
        Assert.Equal([Version], Query("select version from unionpush_schema", column: 0));
    }

    [Fact]
    public async Task An_older_schema_is_brought_up_to_date_and_keeps_its_rows()
    {
        await using (var old = Open())
        {
            await old.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        }

        var script = SqliteUnionPushStorage.Schema +
            $"\n-- version {Latest + 1}\nalter table unionpush_identity add column nickname text;\nupdate unionpush_schema set version = {Latest + 1};\n-- version " +
            $"{Latest + 2}\nupdate unionpush_identity set nickname = 'nobody';\nupdate unionpush_schema set version = {Latest + 2};\n";
        await using (var next = new SqliteUnionPushStorage(ConnectionString, TimeProvider.System, script))
        {
            await next.EnsureSchemaAsync(Cancelled);
        }

        Assert.Equal(["nobody"], Query("select nickname from unionpush_identity", column: 0));
        Assert.Equal([$"{Latest + 2}"], Query("select version from unionpush_schema", column: 0));
    }

    [Fact]
    public async Task A_file_of_version_1_gets_the_tables_of_later_versions()
    {
        var first = SqliteUnionPushStorage.Schema[..SqliteUnionPushStorage.Schema.IndexOf("-- version 2", StringComparison.Ordinal)];
        await using (var old = new SqliteUnionPushStorage(ConnectionString, TimeProvider.System, first))
        {
            await old.EnsureSchemaAsync(Cancelled);
            Execute("insert into unionpush_identity values ('wx', 'o1', null, 1, 1, null)");
        }

        await using var storage = Open();
        await storage.Identities.EraseAsync("wx", "o2", Cancelled);
        await storage.Receipts.SaveAsync([new("wx", 1)], Cancelled);
        Assert.True(await storage.Broadcasts.TryAddAsync(new("wx", "spring"), Cancelled));
        Assert.Equal([Version], Query("select version from unionpush_schema", column: 0));
        Assert.Single(await storage.Identities.FindAsync("wx", ["o1"], Cancelled));
    }

    [Fact]
    public async Task Events_that_version_2_buried_are_listed_by_version_3()
    {
        var second = SqliteUnionPushStorage.Schema[..SqliteUnionPushStorage.Schema.IndexOf("-- version 3", StringComparison.Ordinal)];
        await using (var old = new SqliteUnionPushStorage(ConnectionString, TimeProvider.System, second))
        {
            await old.EnsureSchemaAsync(Cancelled);
        }

        Execute("""
            insert into unionpush_event (app_id, deduplication_key, open_id, body, available_at, attempt, settled_at)
            values ('wx', 'buried', 'o1', '<xml/>', 1, 12, 5), ('wx', 'completed', 'o2', '', 1, 1, 5), ('wx', 'waiting', 'o3', '<xml/>', 1, 0, null)
            """);
        await using var storage = Open();
        var buried = Assert.Single(await storage.EventInbox.ListBuriedAsync("wx", 10, cancellationToken: Cancelled));
        Assert.Equal(new BuriedWeChatEvent("wx", "buried", "o1", "<xml/>", 12, DateTimeOffset.FromUnixTimeMilliseconds(5)), buried);
    }

    [Fact]
    public async Task An_upgrade_that_fails_leaves_the_schema_as_it_was()
    {
        await using (var old = Open())
        {
            await old.EnsureSchemaAsync(Cancelled);
        }

        await using (var next = new SqliteUnionPushStorage(ConnectionString, TimeProvider.System,
            $"{SqliteUnionPushStorage.Schema}\n-- version {Latest + 1}\ncreate table half (id integer);\nupdate unionpush_schema set version = {Latest + 1};\nselect nonsense;\n"))
        {
            await Assert.ThrowsAsync<UnionPushStorageException>(() => next.EnsureSchemaAsync(Cancelled).AsTask());
        }

        Assert.Equal([Version], Query("select version from unionpush_schema", column: 0));
        Assert.Empty(Query("select name from sqlite_schema where name = 'half'", column: 0));
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await using (var storage = Open())
        {
            await storage.EnsureSchemaAsync(Cancelled);
        }

        Execute($"update unionpush_schema set version = {Latest + 1}");
        await using var older = Open();
        var refused = await Assert.ThrowsAsync<UnionPushStorageException>(() => older.EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Contains($"schema version {Latest + 1}", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
        await Assert.ThrowsAsync<UnionPushStorageException>(() => older.Identities.SaveAsync([new("wx", "o1")], Cancelled).AsTask());
        await Assert.ThrowsAsync<UnionPushStorageException>(() => older.Identities.FindAsync("wx", ["o1"], Cancelled).AsTask());
    }

    [Theory]
    [InlineData("Data Source=:memory:")]
    [InlineData("Data Source=file::memory:?cache=shared")]
    [InlineData("Data Source=shared;Mode=Memory;Cache=Shared")]
    [InlineData("Data Source=file:shared?mode=memory&cache=shared")]
    [InlineData("Data Source=file:/shared?vfs=memdb")]
    [InlineData("Data Source=")]
    [InlineData("")]
    [InlineData("Source=x.db")]
    public void A_connection_string_that_names_no_file_is_refused(string connectionString) =>
        Assert.Throws<ArgumentException>(() => new SqliteUnionPushStorage(connectionString));

    [Fact]
    public async Task A_missing_directory_is_named()
    {
        await using var storage = new SqliteUnionPushStorage($"Data Source={_folder["missing/unionpush.db"]}");
        var failure = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Contains(_folder["missing/unionpush.db"], failure.Message, StringComparison.Ordinal);
        Assert.Contains("directory", failure.Message, StringComparison.Ordinal);
        Assert.IsType<SqliteException>(failure.InnerException);

        Directory.CreateDirectory(_folder["missing"]);
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named_and_left_alone()
    {
        var text = string.Concat(Enumerable.Repeat("not a database ", 1_000));
        await File.WriteAllTextAsync(_folder["unionpush.db"], text, Cancelled);
        await using (var storage = Open())
        {
            var failure = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.Identities.SaveAsync([new("wx", "o1")], Cancelled).AsTask());
            Assert.Contains("no SQLite database", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(text, await File.ReadAllTextAsync(_folder["unionpush.db"], Cancelled));
    }

    [Fact]
    public async Task A_locked_file_is_a_clear_transient_failure_and_reading_goes_on()
    {
        await using var storage = new SqliteUnionPushStorage($"{ConnectionString};Default Timeout=1");
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        using (var other = new SqliteConnection($"{ConnectionString};Pooling=False"))
        {
            other.Open();
            using var hold = other.BeginTransaction(deferred: false);
            var failure = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.Identities.SaveAsync([new("wx", "o2")], Cancelled).AsTask());
            Assert.True(failure.IsTransient);
            Assert.Contains("locked", failure.Message, StringComparison.Ordinal);
            Assert.Single(await storage.Identities.FindAsync("wx", ["o1", "o2"], Cancelled));
        }

        await storage.Identities.SaveAsync([new("wx", "o2")], Cancelled);
        Assert.Equal(2, (await storage.Identities.FindAsync("wx", ["o1", "o2"], Cancelled)).Count);
    }

    [Fact]
    public async Task A_process_that_holds_the_file_holds_no_thread_of_others_and_the_log_names_the_file()
    {
        var log = new WarningLog();
        await using var storage = new SqliteUnionPushStorage(ConnectionString, TimeProvider.System, SqliteUnionPushStorage.Schema, log);
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        using var other = new SqliteConnection($"{ConnectionString};Pooling=False");
        other.Open();
        using (var hold = other.BeginTransaction(deferred: false))
        {
            // A write that waited inside SQLite would end, one way or the other, before it gave its task.
            var saving = storage.Identities.SaveAsync([new("wx", "o2")], Cancelled).AsTask();
            Assert.False(saving.IsCompleted);
            Assert.Single(await storage.Identities.FindAsync("wx", ["o1", "o2"], Cancelled));
            Assert.Contains("unionpush.db' has been locked by another process", await log.First.WaitAsync(Runs.Patience, Cancelled), StringComparison.Ordinal);
            hold.Rollback();
            await saving;
        }

        Assert.Equal(2, (await storage.Identities.FindAsync("wx", ["o1", "o2"], Cancelled)).Count);
        Assert.Equal(1, log.Count);
    }

    [Fact]
    public async Task A_new_file_that_another_process_is_setting_up_is_waited_for()
    {
        using var other = new SqliteConnection($"{ConnectionString};Pooling=False");
        other.Open();
        await using var storage = Open();
        using (var exclusive = other.CreateCommand())
        {
            exclusive.CommandText = "begin exclusive";
            exclusive.ExecuteNonQuery();
            var making = storage.EnsureSchemaAsync(Cancelled).AsTask();
            Assert.False(making.IsCompleted);
            exclusive.CommandText = "commit";
            exclusive.ExecuteNonQuery();
            await making;
        }

        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        Assert.Single(await storage.Identities.FindAsync("wx", ["o1"], Cancelled));
    }

    [Theory]
    [InlineData("deleted", true)]
    [InlineData("deleted", false)]
    [InlineData("moved", true)]
    [InlineData("replaced", true)]
    [InlineData("replaced", false)]
    public async Task A_file_that_is_taken_away_under_a_running_process_is_noticed_and_what_is_written_next_is_found(string how, bool writesFirst)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps files that are open.");
        await using var storage = Open();
        await storage.Identities.SaveAsync([new("wx", "before")], Cancelled);
        Assert.Single(await storage.Identities.FindAsync("wx", ["before"], Cancelled));
        var file = _folder["unionpush.db"];
        if (how == "replaced")
        {
            await using (var backup = new SqliteUnionPushStorage($"Data Source={_folder["backup.db"]}"))
            {
                await backup.Identities.SaveAsync([new("wx", "restored")], Cancelled);
            }

            SqliteConnection.ClearAllPools();
            File.Move(_folder["backup.db"], file, overwrite: true);
        }
        else if (how == "moved")
        {
            File.Move(file, _folder["elsewhere.db"]);
        }
        else
        {
            File.Delete(file);
        }

        UnionPushStorageException? noticed = null;
        for (var attempt = 0; noticed is null; attempt++)
        {
            try
            {
                if (writesFirst)
                {
                    await storage.Identities.SaveAsync([new("wx", "lost")], Cancelled);
                    Assert.Fail("It was written to a file that nobody finds.");
                }

                // A reader looks four times a second.
                await storage.Identities.FindAsync("wx", ["before"], Cancelled);
                await Task.Yield();
            }
            catch (UnionPushStorageException exception)
            {
                noticed = exception;
            }
        }

        Assert.Contains("was deleted, moved or replaced", noticed.Message, StringComparison.Ordinal);
        Assert.True(noticed.IsTransient);
        if (how == "replaced")
        {
            // SQLite would take the former file's log for the new one's.
            var mixed = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.Identities.SaveAsync([new("wx", "lost")], Cancelled).AsTask());
            Assert.Contains("'unionpush.db-wal' beside it belongs to the former file", mixed.Message, StringComparison.Ordinal);
            File.Delete(file + "-wal");
            File.Delete(file + "-shm");
        }

        await storage.Identities.SaveAsync([new("wx", "after")], Cancelled);
        string[] expected = how == "replaced" ? ["after", "restored"] : ["after"];
        Assert.Equal(expected, (await storage.Identities.FindAsync("wx", ["before", "lost", "restored", "after"], Cancelled)).Select(one => one.OpenId).Order());
        await using var reader = Open();
        Assert.Equal(expected, (await reader.Identities.FindAsync("wx", ["before", "lost", "restored", "after"], Cancelled)).Select(one => one.OpenId).Order());
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
    }

    [Fact]
    public async Task A_file_named_by_an_address_is_the_owners_alone_too()
    {
        await using var storage = new SqliteUnionPushStorage($"Data Source=file:{_folder["by address.db"].Replace(" ", "%20", StringComparison.Ordinal)}?cache=private");
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);

        // Windows has no such modes.
        var file = _folder["by address.db"];
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
    }

    [Fact]
    public async Task A_full_disk_leaves_nothing_half_written_and_the_next_batch_goes_in()
    {
        await using var storage = Open();
        await storage.Identities.SaveAsync([new("wx", "before")], Cancelled);
        Writer(Database(storage))!.Execute("pragma max_page_count = 40");
        WeChatIdentity[] batch = [.. Enumerable.Range(0, 10_000).Select(i => new WeChatIdentity("wx", $"o{i}") { UnionId = $"u{i}" })];
        var failure = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.Identities.SaveAsync(batch, Cancelled).AsTask());
        Assert.Contains("disk is full", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
        Assert.Equal(["1"], Query("select count(*) from unionpush_identity", column: 0));

        await storage.Identities.SaveAsync(batch, Cancelled);
        Assert.Equal(["10001"], Query("select count(*) from unionpush_identity", column: 0));
        Assert.Equal(["ok"], Query("pragma integrity_check", column: 0));
    }

    [Fact]
    public async Task A_disposed_storage_says_so()
    {
        var storage = Open();
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        await storage.DisposeAsync();
        await storage.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => storage.Identities.FindAsync("wx", ["o1"], Cancelled).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => storage.Identities.SaveAsync([new("wx", "o1")], Cancelled).AsTask());
        Assert.Equal(["unionpush.db"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_lease_outlives_its_storage_without_a_complaint()
    {
        var storage = Open();
        var lease = await storage.AccessTokens.TryLeaseAsync("wx", TimeSpan.FromMinutes(1), Cancelled);
        await storage.DisposeAsync();
        await lease!.DisposeAsync();
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_database")]
    private static extern ref SqliteDatabase DatabaseOf(SqliteUnionPushStorage storage);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_writer")]
    private static extern ref SqliteSession? WriterOf(SqliteDatabase database);

    private static SqliteDatabase Database(SqliteUnionPushStorage storage) => DatabaseOf(storage);

    private static SqliteSession? Writer(SqliteDatabase database) => WriterOf(database);

    private SqliteUnionPushStorage Open(TimeProvider? clock = null) => new(ConnectionString, clock);

    private List<string> Query(string sql, int column, params (int Parameter, object Value)[] values)
    {
        using var connection = new SqliteConnection($"{ConnectionString};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (parameter, value) in values.Where(value => sql.Contains($"?{value.Parameter}", StringComparison.Ordinal)))
        {
            command.Parameters.AddWithValue($"?{parameter}", value);
        }

        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.GetString(column));
        }

        return rows;
    }

    private void Execute(string sql) => Query(sql, column: 0);

    /// <summary>Storages to close at the end; a conformance case knows only one of their stores.</summary>
    private sealed class Opened : IAsyncDisposable
    {
        private readonly List<SqliteUnionPushStorage> _storages = [];

        public SqliteUnionPushStorage Add(SqliteUnionPushStorage storage)
        {
            _storages.Add(storage);
            return storage;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var storage in _storages)
            {
                await storage.DisposeAsync();
            }
        }
    }

    private sealed class WarningLog : ILogger
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Task<string> First => _first.Task;

        public int Count => _count;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref _count);
            _first.TrySetResult(formatter(state, exception));
        }
    }
}
