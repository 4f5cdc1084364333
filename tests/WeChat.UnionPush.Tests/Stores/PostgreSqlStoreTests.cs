extern alias PostgreSql;

using Npgsql;
using WeChat.UnionPush.PostgreSql;
using Inbox = PostgreSql::WeChat.UnionPush.SqlWeChatEventInbox;
using Dialect = PostgreSql::WeChat.UnionPush.SqlDialect;
using Identities = PostgreSql::WeChat.UnionPush.SqlUnionIdRepository;
using SqlReceipts = PostgreSql::WeChat.UnionPush.SqlMessageReceipts;
using PgStorage = WeChat.UnionPush.PostgreSql.PostgreSqlUnionPushStorage;

namespace WeChat.UnionPush.Tests.Stores;

public sealed class PostgreSqlStoreTests(PostgreSqlServer server) : StoreConformance<PostgreSqlServer>(server)
{
    private const int Version = 7;

    protected override int ModelRuns => 150;

    [Theory]
    [InlineData("force_custom_plan")]
    [InlineData("force_generic_plan")]
    public async Task Every_look_up_is_a_seek(string planCacheMode)
    {
        await using var database = await Database.CreateAsync(Stores);
        var store = database.Open().Identities;
        for (var i = 0; i < 60_000; i += 10_000)
        {
            var batch = Enumerable.Range(i, 10_000).SelectMany(n => new WeChatIdentity[] { new("wxo", $"o{n}") { UnionId = $"u{n}" }, new("wxm", $"m{n}") { UnionId = $"u{n}" } });
            await store.SaveAsync([.. batch], Cancelled);
        }

        await database.ExecuteAsync("analyze unionpush_identity");
        const string key = "unionpush_identity_pkey";
        const string unionId = "unionpush_identity_union_id";
        foreach (var count in new[] { 1, 10_000 })
        {
            string Array(string item) => $"'{{{string.Join(',', Enumerable.Range(0, count).Select(n => item == "o" ? $"o{n}" : item))}}}'";
            var openIds = Array("o");
            await SeeksAsync(PostgreSqlIdentityStatements.SelectIdentities, $"'wxo', {openIds}", key);
            await SeeksAsync(PostgreSqlIdentityStatements.SelectLinks, $"'wxo', {openIds}, 'wxm'", key, unionId);
            await SeeksAsync(PostgreSqlIdentityStatements.SelectByUnionIds, $"'wxo', {openIds}", unionId);
            await SeeksAsync(PostgreSqlIdentityStatements.SelectOutdated, $"'wxo', {openIds}, 1, 2", key);
            await SeeksAsync(
                PostgreSqlIdentityStatements.Upsert,
                $"{Array("wxo")}, {openIds}, {openIds}, {Array("1")}, {Array("1")}, {Array("1")}, {Array("1")}, 0",
                key);
        }

        await SeeksAsync(PostgreSqlIdentityStatements.SelectLink, "'wxo', 'o5', 'wxm'", key, unionId);
        await SeeksAsync(Identities.SelectPage, "'wxo', 'o5', 1000", key);
        await SeeksAsync(PostgreSqlIdentityStatements.Delete, "'wxo', 'o5', 1", key, unionId);
        await SeeksAsync(PostgreSqlIdentityStatements.DeleteByUnionId, "'u5', 1", unionId);

        async Task SeeksAsync(string sql, string arguments, params string[] indexes)
        {
            var plan = await database.ExplainAsync(sql, arguments, planCacheMode);
            Assert.All(indexes, index => Assert.Contains(index, plan, StringComparison.Ordinal));
            Assert.DoesNotContain("Seq Scan on unionpush_identity", plan, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("force_custom_plan")]
    [InlineData("force_generic_plan")]
    public async Task Every_look_up_of_events_and_receipts_is_a_seek(string planCacheMode)
    {
        await using var database = await Database.CreateAsync(Stores);
        await database.ExecuteAsync("""
            insert into unionpush_event (app_id, deduplication_key, open_id, body, available_at, attempt, lease_id, settled_at)
            select 'wxo', 'k' || n, 'o' || n, '', n, 0, case when n % 1000 = 1 then 'lease' end, case when n % 20 <> 0 and n % 1000 <> 1 then n end
                from generate_series(1, 60000) n;
            insert into unionpush_receipt (app_id, message_id, open_id, template_id, correlation_id, sent_at, status, saved_at)
            select 'wxo', n, 'o' || n, 't', 'c' || n, n, case when n % 2 = 0 then n % 5 end, n from generate_series(1, 60000) n;
            analyze unionpush_event; analyze unionpush_receipt;
            """);

        await SeeksAsync(PostgreSqlWeChatEventInbox.Take, "70000, '{wxo,wxm}', 100, 'l', 80000", "Index Scan using unionpush_event_waiting on unionpush_event e_1",
            "Index Scan using unionpush_event_pkey on unionpush_event e", "unionpush_event_out");
        await SeeksAsync(PostgreSqlWeChatEventInbox.CompleteAll, "1, '{wxo,wxo}', '{k1,k1001}', '{lease,lease}', '{p,p}'", "Index Scan using unionpush_event_key");
        await SeeksAsync(PostgreSqlWeChatEventInbox.DeleteSettled, "1000, 100", "unionpush_event_settled");
        await SeeksAsync(PostgreSqlMessageReceipts.SelectByMessageIds, "'wxo', '{1,2}'", "unionpush_receipt_pkey");
        await SeeksAsync(PostgreSqlMessageReceipts.SelectByCorrelationIds, "'wxo', '{c1,c2}'", "unionpush_receipt_correlation_id");
        await SeeksAsync(PostgreSqlMessageReceipts.Forget, "'wxo', 'o1'", "unionpush_receipt_open_id");
        await SeeksAsync(PostgreSqlMessageReceipts.DeleteOld, "1000, 100", "unionpush_receipt_saved_at");
        await SeeksAsync(Inbox.Requeue, "'wxo', 'k1', 1", "Index Scan using unionpush_event_");
        await SeeksAsync(Inbox.SelectBuried, "'wxo', 50000, 'k1', 100", "unionpush_event_buried");
        foreach (var condition in new[] { "", " and status is null", " and status is not null", " and status = 1" })
        {
            var list = SqlReceipts.SelectPage(new Dialect { Parameter = '$' }, PostgreSqlMessageReceipts.ListedAt, condition);
            await SeeksAsync(list, "'wxo', 9223372036854775807, -62135596800000, 9223372036854775807, 9223372036854775807, 100",
                "Index Scan Backward using unionpush_receipt_listed");
        }

        async Task SeeksAsync(string sql, string arguments, params string[] indexes)
        {
            var plan = await database.ExplainAsync(
                sql, arguments, planCacheMode, sql is PostgreSqlWeChatEventInbox.Take or PostgreSqlWeChatEventInbox.CompleteAll ? PostgreSqlWeChatEventInbox.ByIndex : "");
            Assert.All(indexes, index => Assert.Contains(index, plan, StringComparison.Ordinal));
            Assert.DoesNotContain("Seq Scan on unionpush_", plan, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Making_the_schema_again_changes_nothing()
    {
        await using var database = await Database.CreateAsync(Stores);
        var storage = database.Open();
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        await storage.EnsureSchemaAsync(Cancelled);
        await database.ExecuteAsync(PgStorage.Schema);
        Assert.Single(await storage.Identities.FindAsync("wx", ["o1"], Cancelled));
        Assert.Equal([Version], await database.QueryAsync<int>("select version from unionpush_schema"));
    }

    [Fact]
    public async Task The_schema_file_alone_makes_the_schema()
    {
        await using var database = await Database.CreateAsync(Stores, withSchema: false);
        await database.ExecuteAsync(PgStorage.Schema);
        var storage = database.Open();
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        await storage.EnsureSchemaAsync(Cancelled);
    }

    [Fact]
    public async Task Many_may_make_the_schema_at_once()
    {
        await using var database = await Database.CreateAsync(Stores, withSchema: false);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => database.Open()).ToList().Select((storage, i) => Task.Run(
            async () =>
            {
                await storage.EnsureSchemaAsync(Cancelled);
                await storage.Identities.SaveAsync([new("wx", $"o{i}")], Cancelled);
            },
            Cancelled)));
        Assert.Equal([8L], await database.QueryAsync<long>("select count(*) from unionpush_identity"));
        Assert.Equal([Version], await database.QueryAsync<int>("select version from unionpush_schema"));
    }

    [Fact]
    public async Task An_older_schema_is_brought_up_to_date_and_keeps_its_rows()
    {
        await using var database = await Database.CreateAsync(Stores);
        await database.Open().Identities.SaveAsync([new("wx", "o1")], Cancelled);
        var script = PgStorage.Schema +
            $"\n-- version {Version + 1}\nalter table unionpush_identity add column nickname text;\nupdate unionpush_schema set version = {Version + 1};\n-- version " +
            $"{Version + 2}\nupdate unionpush_identity set nickname = 'nobody';\nupdate unionpush_schema set version = {Version + 2};\n";
        await new PgStorage(database.DataSource, TimeProvider.System, script).EnsureSchemaAsync(Cancelled);
        Assert.Equal(["nobody"], await database.QueryAsync<string>("select nickname from unionpush_identity"));
        Assert.Equal([Version + 2], await database.QueryAsync<int>("select version from unionpush_schema"));
    }

    [Fact]
    public async Task A_database_of_version_1_gets_the_tables_of_later_versions()
    {
        await using var database = await Database.CreateAsync(Stores, withSchema: false);
        await database.ExecuteAsync(PgStorage.Schema[..PgStorage.Schema.IndexOf("-- version 2", StringComparison.Ordinal)]);
        await database.ExecuteAsync("insert into unionpush_identity values ('wx', 'o1', null, 1, 1, null)");
        var storage = database.Open();
        await storage.EnsureSchemaAsync(Cancelled);
        await storage.Identities.EraseAsync("wx", "o2", Cancelled);
        await storage.Receipts.SaveAsync([new("wx", 1)], Cancelled);
        Assert.True(await storage.Broadcasts.TryAddAsync(new("wx", "spring"), Cancelled));
        Assert.Equal([Version], await database.QueryAsync<int>("select version from unionpush_schema"));
        Assert.Single(await storage.Identities.FindAsync("wx", ["o1"], Cancelled));
    }

    [Fact]
    public async Task An_upgrade_that_fails_leaves_the_schema_as_it_was()
    {
        await using var database = await Database.CreateAsync(Stores);
        var script = PgStorage.Schema + $"\n-- version {Version + 1}\ncreate table half (id integer);\nupdate unionpush_schema set version = {Version + 1};\nselect nonsense;\n";
        await Assert.ThrowsAsync<UnionPushStorageException>(() => new PgStorage(database.DataSource, TimeProvider.System, script).EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Equal([Version], await database.QueryAsync<int>("select version from unionpush_schema"));
        Assert.Equal([true], await database.QueryAsync<bool>("select to_regclass('half') is null"));
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await using var database = await Database.CreateAsync(Stores);
        await database.ExecuteAsync($"update unionpush_schema set version = {Version + 1}");
        var refused = await Assert.ThrowsAsync<UnionPushStorageException>(() => database.Open().EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Contains($"schema version {Version + 1}", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Fact]
    public async Task Missing_tables_are_a_clear_failure()
    {
        await using var database = await Database.CreateAsync(Stores, withSchema: false);
        var failure = await Assert.ThrowsAsync<UnionPushStorageException>(() => database.Open().Identities.SaveAsync([new("wx", "o1")], Cancelled).AsTask());
        Assert.Contains("EnsureSchemaAsync", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
        Assert.IsType<PostgresException>(failure.InnerException);
    }

    [Fact]
    public async Task A_database_that_is_not_UTF8_is_refused()
    {
        await using var database = await Database.CreateAsync(Stores, withSchema: false);
        await database.ExecuteAsync("create database latin template template0 encoding 'LATIN1' locale 'C'");
        await using var storage = new PgStorage(database.ConnectionString.Replace("Database=postgres", "Database=latin", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Contains("UTF8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_goes_away_is_a_clear_failure_and_the_next_batch_goes_in()
    {
        await using var own = new PostgreSqlServer();
        await using var database = await Database.CreateAsync(own);
        var store = database.Open().Identities;
        WeChatIdentity[] batch = [.. Enumerable.Range(0, 1_000).Select(i => new WeChatIdentity("wx", $"o{i}"))];
        await store.SaveAsync(batch[..1], Cancelled);

        // Saving goes on until the server is gone under it.
        var saving = Task.Run(
            async () =>
            {
                while (true)
                {
                    await store.SaveAsync(batch, Cancelled);
                }
            },
            Cancelled);
        await own.StopAsync();
        var broken = await Assert.ThrowsAsync<UnionPushStorageException>(() => saving);
        Assert.True(broken.IsTransient);
        var unreachable = await Assert.ThrowsAsync<UnionPushStorageException>(() => store.FindAsync("wx", ["o1"], Cancelled).AsTask());
        Assert.True(unreachable.IsTransient);
        Assert.Contains("cannot be reached", unreachable.Message, StringComparison.Ordinal);

        await own.StartAsync();
        Assert.Contains((await store.FindAsync("wx", [.. batch.Select(identity => identity.OpenId)], Cancelled)).Count, new[] { 1, 1_000 });
        await store.SaveAsync(batch, Cancelled);
        Assert.Equal([1_000L], await database.QueryAsync<long>("select count(*) from unionpush_identity"));
    }

    [Fact]
    public async Task A_host_keeps_the_data_source_it_gave()
    {
        await using var database = await Database.CreateAsync(Stores);
        await new PgStorage(database.DataSource).DisposeAsync();
        Assert.Equal([Version], await database.QueryAsync<int>("select version from unionpush_schema"));

        var storage = new PgStorage(database.ConnectionString);
        var lease = await storage.AccessTokens.TryLeaseAsync("wx", TimeSpan.FromMinutes(1), Cancelled);
        Assert.NotNull(await storage.FollowerSyncs.TryLeaseAsync("wx", TimeSpan.FromMinutes(1), Cancelled));
        await storage.DisposeAsync();
        await lease!.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => storage.Identities.FindAsync("wx", ["o1"], Cancelled).AsTask());
    }

    /// <summary>A schema of its own on the server, and the storages that were opened on it.</summary>
    private sealed class Database : IAsyncDisposable
    {
        private readonly List<PgStorage> _storages = [];

        private Database(string connectionString)
        {
            ConnectionString = connectionString;
            DataSource = NpgsqlDataSource.Create(connectionString);
        }

        public string ConnectionString { get; }

        public NpgsqlDataSource DataSource { get; }

        public static async Task<Database> CreateAsync(PostgreSqlServer server, bool withSchema = true)
        {
            var database = new Database(await server.CreateDatabaseAsync());
            if (withSchema)
            {
                await database.Open().EnsureSchemaAsync(Cancelled);
            }

            return database;
        }

        public PgStorage Open(TimeProvider? clock = null)
        {
            var storage = new PgStorage(ConnectionString, clock);
            _storages.Add(storage);
            return storage;
        }

        public async Task ExecuteAsync(string sql)
        {
            await using var command = DataSource.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        public async Task<List<T>> QueryAsync<T>(string sql)
        {
            await using var command = DataSource.CreateCommand(sql);
            await using var reader = await command.ExecuteReaderAsync(Cancelled);
            var rows = new List<T>();
            while (await reader.ReadAsync(Cancelled))
            {
                rows.Add(reader.GetFieldValue<T>(0));
            }

            return rows;
        }

        public async Task<string> ExplainAsync(string sql, string arguments, string planCacheMode, string before = "")
        {
            await using var connection = await DataSource.OpenConnectionAsync(Cancelled);
            await using var command = new NpgsqlCommand(
                $"set plan_cache_mode = {planCacheMode}; {before}; prepare look_up as {sql}; explain (costs off) execute look_up({arguments}); deallocate look_up;", connection);
            await using var reader = await command.ExecuteReaderAsync(Cancelled);
            var lines = new List<string>();
            do
            {
                while (await reader.ReadAsync(Cancelled))
                {
                    lines.Add(reader.GetString(0));
                }
            }
            while (await reader.NextResultAsync(Cancelled));
            return string.Join('\n', lines);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var storage in _storages)
            {
                await storage.DisposeAsync();
            }

            await DataSource.DisposeAsync();
        }
    }
}
