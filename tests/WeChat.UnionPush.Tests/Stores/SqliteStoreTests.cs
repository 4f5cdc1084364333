using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using WeChat.UnionPush.Sqlite;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Stores;

public sealed class SqliteStoreTests : IDisposable
{
    private const int Latest = 2;
    private const string Version = "2";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> IdentityCases => [.. UnionIdRepositoryConformance.CaseNames];

    public static TheoryData<string> AccessTokenCases => [.. AccessTokenStoreConformance.CaseNames];

    public static TheoryData<string> FollowerSyncCases => [.. FollowerSyncStoreConformance.CaseNames];

    public static TheoryData<string> EventInboxCases => [.. WeChatEventInboxConformance.CaseNames];

    public static TheoryData<string> ReceiptCases => [.. MessageReceiptsConformance.CaseNames];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

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

    [Theory, MemberData(nameof(IdentityCases))]
    public async Task Identities_conform(string name)
    {
        await using var opened = new Opened();
        await UnionIdRepositoryConformance.RunAsync(name, _ => new(opened.Add(Open()).Identities), Cancelled);
    }

    [Theory, MemberData(nameof(AccessTokenCases))]
    public async Task Access_tokens_conform(string name)
    {
        await using var opened = new Opened();
        await AccessTokenStoreConformance.RunAsync(name, (clock, _) => new(opened.Add(Open(clock)).AccessTokens), Cancelled);
    }

    [Theory, MemberData(nameof(FollowerSyncCases))]
    public async Task Follower_syncs_conform(string name)
    {
        await using var opened = new Opened();
        await FollowerSyncStoreConformance.RunAsync(name, (clock, _) => new(opened.Add(Open(clock)).FollowerSyncs), Cancelled);
    }

    [Theory, MemberData(nameof(EventInboxCases))]
    public async Task Event_inboxes_conform(string name)
    {
        await using var opened = new Opened();
        await WeChatEventInboxConformance.RunAsync(name, (clock, _) => new(opened.Add(Open(clock)).EventInbox), Cancelled);
    }

    [Theory, MemberData(nameof(ReceiptCases))]
    public async Task Receipts_conform(string name)
    {
        await using var opened = new Opened();
        await MessageReceiptsConformance.RunAsync(name, (clock, _) => new(opened.Add(Open(clock)).Receipts), Cancelled);
    }

    [Fact]
    public async Task Random_operations_give_the_models_answers()
    {
        await using var storage = Open();
        RepositoryModel.Check(storage.Identities, runs: 300);
    }

    [Theory]
    [InlineData(SqliteUnionIdRepository.SelectIdentity, "SEARCH unionpush_identity USING PRIMARY KEY (app_id=? AND open_id=?)")]
    [InlineData(SqliteUnionIdRepository.SelectLink, "SEARCH s USING PRIMARY KEY (app_id=? AND open_id=?)|SEARCH t USING INDEX unionpush_identity_union_id (union_id=? AND app_id=?) LEFT-JOIN")]
    [InlineData(SqliteUnionIdRepository.SelectByUnionId, "SEARCH unionpush_identity USING INDEX unionpush_identity_union_id (union_id=? AND app_id=?)")]
    [InlineData(SqliteUnionIdRepository.SelectPage, "SEARCH unionpush_identity USING PRIMARY KEY (app_id=? AND open_id>?)")]
    [InlineData(SqliteUnionIdRepository.SelectReach, "SEARCH s USING PRIMARY KEY (app_id=?)|CORRELATED SCALAR SUBQUERY 1|SEARCH t USING INDEX unionpush_identity_union_id (union_id=? AND app_id=?)|USE TEMP B-TREE FOR ORDER BY")]
    [InlineData(SqliteUnionIdRepository.DeleteByUnionId, "SEARCH unionpush_identity USING INDEX unionpush_identity_union_id (union_id=?)")]
    [InlineData(SqliteWeChatEventInbox.SelectWaiting, "SEARCH e USING INDEX unionpush_event_waiting (available_at<?)|LIST SUBQUERY 1|SCAN json_each VIRTUAL TABLE INDEX 1:|CREATE BLOOM FILTER|CORRELATED SCALAR SUBQUERY 2|SEARCH o USING INDEX unionpush_event_out (app_id=? AND open_id=?)")]
    [InlineData(SqliteWeChatEventInbox.UpdateCompleted, "SEARCH unionpush_event USING INDEX unionpush_event_key (app_id=? AND deduplication_key=?)")]
    [InlineData(SqliteWeChatEventInbox.DeleteSettled, "SEARCH unionpush_event USING INTEGER PRIMARY KEY (rowid=?)|LIST SUBQUERY 1|SEARCH unionpush_event USING COVERING INDEX unionpush_event_settled (settled_at>? AND settled_at<?)|CREATE BLOOM FILTER")]
    [InlineData(SqliteMessageReceipts.SelectByMessageId, "SEARCH unionpush_receipt USING PRIMARY KEY (app_id=? AND message_id=?)")]
    [InlineData(SqliteMessageReceipts.SelectByCorrelationId, "SEARCH unionpush_receipt USING INDEX unionpush_receipt_correlation_id (app_id=? AND correlation_id=?)")]
    [InlineData(SqliteMessageReceipts.UpdateForgotten, "SEARCH unionpush_receipt USING INDEX unionpush_receipt_open_id (app_id=? AND open_id=?)")]
    [InlineData(SqliteMessageReceipts.DeleteOld, "SEARCH unionpush_receipt USING PRIMARY KEY (app_id=? AND message_id=?)|LIST SUBQUERY 2|SEARCH unionpush_receipt USING COVERING INDEX unionpush_receipt_saved_at (saved_at<?)|CREATE BLOOM FILTER")]
    public async Task Every_look_up_is_a_seek(string sql, string plan)
    {
        await using var storage = Open();
        await storage.EnsureSchemaAsync(Cancelled);
        Assert.Equal(plan, string.Join('|', Query($"explain query plan {sql}", column: 3, (1, "a"), (2, "b"), (3, "c"))));
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

        var script = SqliteUnionPushStorage.Schema + $"\n-- version {Latest + 1}\nalter table unionpush_identity add column nickname text;\nupdate unionpush_schema set version = {Latest + 1};\n-- version {Latest + 2}\nupdate unionpush_identity set nickname = 'nobody';\nupdate unionpush_schema set version = {Latest + 2};\n";
        await using (var next = new SqliteUnionPushStorage(ConnectionString, TimeProvider.System, script))
        {
            await next.EnsureSchemaAsync(Cancelled);
        }

        Assert.Equal(["nobody"], Query("select nickname from unionpush_identity", column: 0));
        Assert.Equal([$"{Latest + 2}"], Query("select version from unionpush_schema", column: 0));
    }

    [Fact]
    public async Task A_file_of_version_1_gets_the_tables_of_version_2()
    {
        var first = SqliteUnionPushStorage.Schema[..SqliteUnionPushStorage.Schema.IndexOf("-- version 2", StringComparison.Ordinal)];
        await using (var old = new SqliteUnionPushStorage(ConnectionString, TimeProvider.System, first))
        {
            await old.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        }

        await using var storage = Open();
        await storage.Receipts.SaveAsync([new("wx", 1)], Cancelled);
        Assert.Equal([Version], Query("select version from unionpush_schema", column: 0));
        Assert.Single(await storage.Identities.FindAsync("wx", ["o1"], Cancelled));
    }

    [Fact]
    public async Task An_upgrade_that_fails_leaves_the_schema_as_it_was()
    {
        await using (var old = Open())
        {
            await old.EnsureSchemaAsync(Cancelled);
        }

        await using (var next = new SqliteUnionPushStorage(ConnectionString, TimeProvider.System, $"{SqliteUnionPushStorage.Schema}\n-- version {Latest + 1}\ncreate table half (id integer);\nupdate unionpush_schema set version = {Latest + 1};\nselect nonsense;\n"))
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

    [Fact]
    public async Task Tokens_and_walks_have_leases_of_their_own()
    {
        await using var storage = Open();
        Assert.NotNull(await storage.AccessTokens.TryLeaseAsync("wx", TimeSpan.FromMinutes(1), Cancelled));
        Assert.NotNull(await storage.FollowerSyncs.TryLeaseAsync("wx", TimeSpan.FromMinutes(1), Cancelled));
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
}
