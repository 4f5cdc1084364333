extern alias MySql;

using MySqlConnector;
using WeChat.UnionPush.MySql;
using WeChat.UnionPush.Testing;
using Identities = MySql::WeChat.UnionPush.SqlUnionIdRepository;
using Inbox = MySql::WeChat.UnionPush.SqlWeChatEventInbox;
using Dialect = MySql::WeChat.UnionPush.SqlDialect;
using SqlReceipts = MySql::WeChat.UnionPush.SqlMessageReceipts;

namespace WeChat.UnionPush.Tests.Stores;

public sealed class MySqlStoreTests(MariaDbServer server) : StoreConformance<MariaDbServer>(server)
{
    private const int Version = 3;

    protected override int ModelRuns => 150;

    [Theory, MemberData(nameof(EventInboxCases))]
    public async Task Event_inboxes_conform_where_the_server_cannot_skip_locked_rows(string name)
    {
        await using var database = await Database.CreateAsync(Stores);
        await WeChatEventInboxConformance.RunAsync(name, (clock, _) => new(database.Open(clock, skipsLocked: false).EventInbox), Cancelled);
    }

    [Fact]
    public async Task Every_look_up_is_a_seek()
    {
        await using var database = await Database.CreateAsync(Stores);
        var store = database.Open().Identities;
        for (var i = 0; i < 60_000; i += 10_000)
        {
            var batch = Enumerable.Range(i, 10_000).SelectMany(n => new WeChatIdentity[] { new("wxo", $"o{n}") { UnionId = $"u{n}" }, new("wxm", $"m{n}") { UnionId = $"u{n}" } });
            await store.SaveAsync([.. batch], Cancelled);
        }

        await database.ExecuteAsync("analyze table unionpush_identity");
        foreach (var count in new[] { 1, MySqlText.ListSize })
        {
            string[] ids = [.. Enumerable.Range(0, count).Select(n => $"o{n}")];
            await SeeksAsync(database, text => MySqlUnionIdRepository.Find(text, "wxo", ids), "unionpush_identity PRIMARY");
            await SeeksAsync(database, text => MySqlUnionIdRepository.Resolve(text, "wxo", ids, "wxm"), "s PRIMARY", "t unionpush_identity_union_id");
            await SeeksAsync(database, text => MySqlUnionIdRepository.FindByUnionId(text, "wxo", ids), "unionpush_identity unionpush_identity_union_id");
        }

        await SeeksAsync(database, text => text.Sql(Identities.SelectPage.Replace("$1", "'wxo'", StringComparison.Ordinal).Replace("$2", "'o5'", StringComparison.Ordinal)
            .Replace("$3", "1000", StringComparison.Ordinal)), "unionpush_identity PRIMARY");
    }

    [Fact]
    public async Task Every_look_up_of_events_and_receipts_is_a_seek()
    {
        await using var database = await Database.CreateAsync(Stores);
        await database.ExecuteAsync("""
            insert into unionpush_event (app_id, deduplication_key, open_id, body, available_at, attempt, progress, lease_id, settled_at, buried_at)
            select 'wxo', concat('k', seq), concat('o', seq), '', seq, 0, '', if(seq % 1000 = 1, 'lease', null), if(seq % 20 <> 0 and seq % 1000 <> 1, seq, null),
            if(seq % 100 = 3, seq, null) from seq_1_to_60000;
            insert into unionpush_receipt (app_id, message_id, open_id, template_id, correlation_id, sent_at, status, saved_at)
            select 'wxo', seq, concat('o', seq), 't', concat('c', seq), seq, if(seq % 2 = 0, seq % 5, null), seq from seq_1_to_60000;
            analyze table unionpush_event, unionpush_receipt;
            """);
        await SeeksAsync(database, text => MySqlWeChatEventInbox.SelectWaiting(text, ["wxo", "wxm"], 100, 70_000), "e unionpush_event_waiting", "o unionpush_event_out");
        await SeeksAsync(database, text => text.Sql("update unionpush_event set lease_id = null where app_id = 'wxo' and deduplication_key = 'k1001' and lease_id = 'lease'"),
            "unionpush_event unionpush_event_key");
        await SeeksAsync(database, text => text.Sql("delete from unionpush_event where settled_at < 1000 order by settled_at limit 100"),
            "unionpush_event unionpush_event_waiting");
        await SeeksAsync(database, text => text.Sql(Inbox.SelectBuried.Replace("$1", "'wxo'", StringComparison.Ordinal).Replace("$2", "50000", StringComparison.Ordinal)
            .Replace("$3", "'k'", StringComparison.Ordinal).Replace("$4", "10", StringComparison.Ordinal)), "unionpush_event unionpush_event_buried");
        await SeeksAsync(database, text => MySqlMessageReceipts.Find(text, "primary", "wxo").Sql("message_id in (1, 2)"), "unionpush_receipt PRIMARY");
        await SeeksAsync(database, text => MySqlMessageReceipts.Find(text, "unionpush_receipt_correlation_id", "wxo").Sql("correlation_id in ('c1', 'c2')"),
            "unionpush_receipt unionpush_receipt_correlation_id");
        await SeeksAsync(database, text => text.Sql("update unionpush_receipt set open_id = '' where app_id = 'wxo' and open_id = 'o1'"),
            "unionpush_receipt unionpush_receipt_open_id");
        await SeeksAsync(database, text => text.Sql("delete from unionpush_receipt where saved_at < 1000 order by saved_at limit 100"),
            "unionpush_receipt unionpush_receipt_saved_at");
        foreach (var condition in new[] { "", " and status is null", " and status is not null", " and status = 1" })
        {
            var list = SqlReceipts.SelectPage(new Dialect { Parameter = '$' }, MySqlMessageReceipts.ListedAt, condition);
            foreach (var (parameter, value) in new[] { ("$1", "'wxo'"), ("$2", "50000"), ("$3", "10"), ("$4", "50000"), ("$5", "7"), ("$6", "100") })
            {
                list = list.Replace(parameter, value, StringComparison.Ordinal);
            }

            await SeeksAsync(database, text => text.Sql(list), "unionpush_receipt unionpush_receipt_listed");
        }
    }

    [Fact]
    public async Task Looking_up_one_person_is_one_statement()
    {
        await using var database = await Database.CreateAsync(Stores);
        await using var source = new MySqlDataSource($"{database.ConnectionString};Maximum Pool Size=1;Connection Reset=false");
        await using var storage = new MySqlUnionPushStorage(source);
        await storage.Identities.SaveAsync([new("wxm", "m1") { UnionId = "u1" }, new("wxo", "o1") { UnionId = "u1" }], Cancelled);
        var before = await QuestionsAsync();
        var link = Assert.Single(await storage.Identities.ResolveAsync("wxm", ["m1"], "wxo", Cancelled));
        Assert.Equal("o1", link.Target?.OpenId);

        // The look-up, and the question after it.
        Assert.Equal(2, await QuestionsAsync() - before);

        async Task<long> QuestionsAsync()
        {
            await using var connection = await source.OpenConnectionAsync(Cancelled);
            await using var command = new MySqlCommand("select variable_value from information_schema.session_status where variable_name = 'QUESTIONS'", connection);
            return long.Parse((string)(await command.ExecuteScalarAsync(Cancelled))!, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task What_the_server_takes_for_one_text_are_two_people()
    {
        await using var database = await Database.CreateAsync(Stores);
        Assert.Equal(["latin1_swedish_ci"], await database.QueryAsync<string>("select default_collation_name from information_schema.schemata where schema_name = database()"));
        Assert.Equal([1L], await database.QueryAsync<long>("select _latin1'oABC' = _latin1'oabc '"));
        var store = database.Open().Identities;
        string[] openIds = ["oABC", "oabc", "oABC ", "oÁBC", "o'\"\\😀", new string('汉', 128), string.Concat(Enumerable.Repeat("😀", 64))];
        WeChatIdentity[] people =
            [.. openIds.Select(openId => new WeChatIdentity("wx", openId) { UnionId = $"U{openId[..Math.Min(100, openId.Length)]}", ObservedAt = DateTimeOffset.UnixEpoch })];
        Assert.Equal(people.Length, (await store.SaveAsync(people, Cancelled)).Added);
        Assert.Equal(people.ToHashSet(), (await store.FindAsync("wx", openIds, Cancelled)).ToHashSet());
        Assert.Equal("oABC", Assert.Single(await store.FindByUnionIdAsync("wx", ["UoABC"], Cancelled)).OpenId);
    }

    [Fact]
    public async Task Making_the_schema_again_changes_nothing()
    {
        await using var database = await Database.CreateAsync(Stores);
        var storage = database.Open();
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        await storage.EnsureSchemaAsync(Cancelled);
        await database.ExecuteAsync(MySqlUnionPushStorage.Schema);
        Assert.Single(await storage.Identities.FindAsync("wx", ["o1"], Cancelled));
        Assert.Equal([Version], await database.VersionAsync());
    }

    [Fact]
    public async Task The_schema_file_alone_makes_the_same_schema()
    {
        await using var made = await Database.CreateAsync(Stores);
        await using var database = await Database.CreateAsync(Stores, withSchema: false);
        await database.ExecuteAsync(MySqlUnionPushStorage.Schema);
        var storage = database.Open();
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        await storage.EnsureSchemaAsync(Cancelled);
        const string columns = "select concat_ws(' ', table_name, column_name, column_type, collation_name) from information_schema.columns where table_schema = database() "
            + "order by table_name, ordinal_position";
        Assert.Equal(await made.QueryAsync<string>(columns), await database.QueryAsync<string>(columns));
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
        Assert.Equal([Version], await database.VersionAsync());
    }

    [Fact]
    public async Task An_older_schema_is_brought_up_to_date_once_by_many_at_once_and_keeps_its_rows()
    {
        await using var database = await Database.CreateAsync(Stores);
        await database.Open().Identities.SaveAsync([new("wx", "o1")], Cancelled);
        var script = MySqlUnionPushStorage.Schema + $"\n-- version {Version + 1}\nalter table unionpush_identity add column nickname varchar(10);\n"
            + $"update unionpush_schema set version = {Version + 1} where id = 1;\n-- version {Version + 2}\nupdate unionpush_identity set nickname = 'nobody';\n"
            + $"update unionpush_schema set version = {Version + 2} where id = 1;\n";
        await using var source = new MySqlDataSource(database.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(_ => Task.Run(() => new MySqlUnionPushStorage(source, TimeProvider.System, script).EnsureSchemaAsync(Cancelled).AsTask(), Cancelled)));
        Assert.Equal(["nobody"], await database.QueryAsync<string>("select nickname from unionpush_identity"));
        Assert.Equal([Version + 2], await database.VersionAsync());
    }

    [Fact]
    public async Task A_database_of_version_1_gets_the_tables_of_later_versions()
    {
        await using var database = await Database.CreateAsync(Stores);
        await database.ExecuteAsync("drop table unionpush_broadcast, unionpush_broadcast_batch, unionpush_pace");
        await database.ExecuteAsync("update unionpush_schema set version = 1 where id = 1");
        var storage = database.Open();
        await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled);
        await storage.EnsureSchemaAsync(Cancelled);
        Assert.True(await storage.Broadcasts.TryAddAsync(new("wx", "spring"), Cancelled));
        Assert.Equal([Version], await database.VersionAsync());
        Assert.Single(await storage.Identities.FindAsync("wx", ["o1"], Cancelled));
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await using var database = await Database.CreateAsync(Stores);
        await database.ExecuteAsync($"update unionpush_schema set version = {Version + 1} where id = 1");
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
        Assert.IsType<MySqlException>(failure.InnerException);
    }

    [Fact]
    public async Task A_database_that_does_not_exist_and_a_wrong_password_are_named()
    {
        await using var database = await Database.CreateAsync(Stores, withSchema: false);
        await using var missing = new MySqlUnionPushStorage(new MySqlConnectionStringBuilder(database.ConnectionString) { Database = "missing" }.ConnectionString);
        Assert.Contains("'missing'", (await Assert.ThrowsAsync<UnionPushStorageException>(() => missing.EnsureSchemaAsync(Cancelled).AsTask())).Message, StringComparison.Ordinal);
        await using var wrong = new MySqlUnionPushStorage(new MySqlConnectionStringBuilder(database.ConnectionString) { Password = "not-this-one" }.ConnectionString);
        var refused = await Assert.ThrowsAsync<UnionPushStorageException>(() => wrong.EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Contains("password", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-this-one", refused.ToString(), StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Theory]
    [InlineData("")]
    [InlineData("No Backslash Escapes=true")]
    public async Task A_server_that_takes_backslashes_otherwise_than_the_driver_is_refused(string setting)
    {
        await using var own = new MariaDbServer { Options = setting.Length == 0 ? ["--sql-mode=NO_BACKSLASH_ESCAPES"] : [] };
        await using var storage = new MySqlUnionPushStorage($"{await own.CreateDatabaseAsync()};{setting}");
        var refused = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Contains("No Backslash Escapes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_driver_that_counts_otherwise_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new MySqlUnionPushStorage("Server=127.0.0.1;Use Affected Rows=true"));
        await using var source = new MySqlDataSource("Server=127.0.0.1;Use Affected Rows=true");
        Assert.Throws<ArgumentException>(() => new MySqlUnionPushStorage(source));
    }

    [Fact]
    public async Task A_row_that_another_holds_is_waited_for_longer_than_the_server_waits()
    {
        await using var own = new MariaDbServer { Options = ["--innodb-lock-wait-timeout=1"] };
        await using var database = await Database.CreateAsync(own);
        var store = database.Open().Identities;
        await store.SaveAsync([new("wx", "o1")], Cancelled);
        await using var holder = await database.HoldAsync("select * from unionpush_identity for update");
        var saving = store.SaveAsync([new("wx", "o1") { UnionId = "u1", ObservedAt = DateTimeOffset.UnixEpoch }, new("wx", "o2")], Cancelled).AsTask();

        // The server has given the first wait up when the third one begins.
        while (await database.WaitsAsync() < 3)
        {
            Assert.False(saving.IsCompleted);
        }

        await holder.DisposeAsync();
        Assert.Equal(1, (await saving).Added);
        Assert.Equal("u1", Assert.Single(await store.FindAsync("wx", ["o1"], Cancelled)).UnionId);
    }

    [Fact]
    public async Task Whoever_cancels_while_a_row_is_held_waits_no_longer()
    {
        await using var own = new MariaDbServer();
        await using var database = await Database.CreateAsync(own);
        var store = database.Open().Identities;
        await store.SaveAsync([new("wx", "o1")], Cancelled);
        await using var holder = await database.HoldAsync("select * from unionpush_identity for update");
        using var cancel = new CancellationTokenSource();
        var saving = store.SaveAsync([new("wx", "o0"), new("wx", "o1") { UnionId = "u1" }], cancel.Token).AsTask();
        while (await database.WaitsAsync() < 1)
        {
            Assert.False(saving.IsCompleted);
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => saving);
        await holder.DisposeAsync();
        Assert.Null(Assert.Single(await store.FindAsync("wx", ["o0", "o1"], Cancelled)).UnionId);
        await store.SaveAsync([new("wx", "o0")], Cancelled);
    }

    [Fact]
    public async Task A_deadlock_that_the_library_loses_is_tried_again()
    {
        await using var own = new MariaDbServer();
        await using var database = await Database.CreateAsync(own);
        var store = database.Open().Identities;
        await store.SaveAsync([.. Enumerable.Range(0, 200).Select(i => new WeChatIdentity("wxother", $"o{i}")), new("wx", "a"), new("wx", "b")], Cancelled);

        // The server lets that one go on which has written more.
        await using var other = await database.HoldAsync("update unionpush_identity set follow_state = 1 where app_id = 'wxother' or (app_id = 'wx' and open_id = 'b')");
        var saving = store.SaveAsync([new("wx", "a") { UnionId = "ua", ObservedAt = DateTimeOffset.UnixEpoch },
            new("wx", "b") { UnionId = "ub", ObservedAt = DateTimeOffset.UnixEpoch }], Cancelled).AsTask();
        while (await database.WaitsAsync() < 1)
        {
            Assert.False(saving.IsCompleted);
        }

        await other.ExecuteAsync("update unionpush_identity set follow_state = 1 where app_id = 'wx' and open_id = 'a'");
        await other.ExecuteAsync("commit");
        await saving;
        Assert.Equal(["ua", "ub"], (await store.FindAsync("wx", ["a", "b"], Cancelled)).Select(identity => identity.UnionId).Order(StringComparer.Ordinal));
        Assert.Equal(["1"], await database.QueryAsync<string>("select variable_value from information_schema.global_status where variable_name = 'INNODB_DEADLOCKS'"));
    }

    [Fact]
    public async Task A_server_that_goes_away_is_a_clear_failure_and_the_next_batch_goes_in()
    {
        await using var own = new MariaDbServer();
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
        Assert.True(broken.IsTransient, broken.ToString());
        var unreachable = await Assert.ThrowsAsync<UnionPushStorageException>(() => store.FindAsync("wx", ["o1"], Cancelled).AsTask());
        Assert.True(unreachable.IsTransient, unreachable.ToString());
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
        await using var source = new MySqlDataSource(database.ConnectionString);
        await new MySqlUnionPushStorage(source).DisposeAsync();
        await using (var connection = await source.OpenConnectionAsync(Cancelled))
        {
            Assert.Equal(System.Data.ConnectionState.Open, connection.State);
        }

        var storage = new MySqlUnionPushStorage(database.ConnectionString);
        var lease = await storage.AccessTokens.TryLeaseAsync("wx", TimeSpan.FromMinutes(1), Cancelled);
        await storage.DisposeAsync();
        await lease!.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => storage.Identities.FindAsync("wx", ["o1"], Cancelled).AsTask());
    }

    /// <summary>Holds that a statement uses these keys, table by table, and reads no table whole.</summary>
    private static async Task SeeksAsync(Database database, Func<MySqlText, MySqlText> statement, params string[] keys)
    {
        await using var connection = new MySqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancelled);
        await using var explain = statement(new MySqlText().Sql("explain ")).Command;
        explain.Connection = connection;
        await using var reader = await explain.ExecuteReaderAsync(Cancelled);
        var plan = new List<(string Table, string Type, string? Key)>();
        while (await reader.ReadAsync(Cancelled))
        {
            plan.Add((reader.GetString(2), reader.GetString(3), await reader.IsDBNullAsync(5, Cancelled) ? null : reader.GetString(5)));
        }

        Assert.Equal(keys, plan.Select(step => $"{step.Table} {step.Key}"));
        Assert.All(plan, step => Assert.Contains(step.Type, new[] { "const", "ref", "range", "eq_ref", "ref_or_null", "index_subquery", "unique_subquery" }));
    }

    /// <summary>A database of its own on the server, and the storages that were opened on it.</summary>
    private sealed class Database(string connectionString) : IAsyncDisposable
    {
        private readonly List<IAsyncDisposable> _opened = [];

        public string ConnectionString => connectionString;

        public static async Task<Database> CreateAsync(MariaDbServer server, bool withSchema = true)
        {
            var database = new Database(await server.CreateDatabaseAsync());
            if (withSchema)
            {
                await database.Open().EnsureSchemaAsync(Cancelled);
            }

            return database;
        }

        public MySqlUnionPushStorage Open(TimeProvider? clock = null, bool skipsLocked = true)
        {
            var source = new MySqlDataSource(ConnectionString);
            var storage = new MySqlUnionPushStorage(source, clock ?? TimeProvider.System, MySqlUnionPushStorage.Schema, skipsLocked);
            _opened.Add(source);
            return storage;
        }

        public async Task<Holder> HoldAsync(string sql)
        {
            var connection = new MySqlConnection($"{ConnectionString};Pooling=false");
            await connection.OpenAsync(Cancelled);
            var holder = new Holder(connection);
            await holder.ExecuteAsync("set session transaction isolation level read committed");
            await holder.ExecuteAsync("start transaction");
            await holder.ExecuteAsync(sql);
            return holder;
        }

        /// <summary>How often somebody had to wait for a row since the server started.</summary>
        public async Task<long> WaitsAsync() =>
            long.Parse((await QueryAsync<string>("select variable_value from information_schema.global_status where variable_name = 'INNODB_ROW_LOCK_WAITS'"))[0],
                System.Globalization.CultureInfo.InvariantCulture);

        public async Task ExecuteAsync(string sql)
        {
            await using var connection = new MySqlConnection(ConnectionString);
            await connection.OpenAsync(Cancelled);
            await using var command = new MySqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        public Task<List<int>> VersionAsync() => QueryAsync<int>("select version from unionpush_schema where id = 1");

        public async Task<List<T>> QueryAsync<T>(string sql)
        {
            await using var connection = new MySqlConnection(ConnectionString);
            await connection.OpenAsync(Cancelled);
            await using var command = new MySqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(Cancelled);
            var rows = new List<T>();
            while (await reader.ReadAsync(Cancelled))
            {
                rows.Add(reader.GetFieldValue<T>(0));
            }

            return rows;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var opened in _opened)
            {
                await opened.DisposeAsync();
            }
        }
    }

    /// <summary>A transaction of somebody else.</summary>
    private sealed class Holder(MySqlConnection connection) : IAsyncDisposable
    {
        public async Task ExecuteAsync(string sql)
        {
            await using var command = new MySqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
