using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using WeChat.UnionPush.EntityFrameworkCore;

namespace WeChat.UnionPush.Tests.Stores;

public sealed class EntityFrameworkSqliteStoreTests() : StoreConformance<EntityFrameworkSqliteStores>(new EntityFrameworkSqliteStores())
{
    protected override int ModelRuns => 15;
}

public sealed class EntityFrameworkPostgreSqlStoreTests(PostgreSqlServer server) : StoreConformance<EntityFrameworkPostgreSqlStores>(new EntityFrameworkPostgreSqlStores(server))
{
    protected override int ModelRuns => 15;

    [Fact]
    public async Task A_host_may_let_its_provider_try_again()
    {
        var storage = new EntityFrameworkUnionPushStorage<HostContext>(await Stores.CreateContextsAsync(static npgsql => npgsql.EnableRetryOnFailure()));
        Assert.Equal(1, (await storage.Identities.SaveAsync([new("wx", "o1")], Cancelled)).Added);
        Assert.Single(await storage.Identities.EraseAsync("wx", "o1", Cancelled));
    }

    [Fact]
    public async Task Who_saves_while_somebody_is_erased_does_not_bring_them_back()
    {
        var contexts = await Stores.CreateContextsAsync();
        var storage = new EntityFrameworkUnionPushStorage<HostContext>(contexts);
        for (var round = 0; round < 20; round++)
        {
            var openId = $"o{round}";
            var seen = await storage.Identities.CountErasuresAsync(Cancelled);
            await storage.Identities.SaveAsync([new("wx", openId)], seen, Cancelled);
            await Task.WhenAll(
                Enumerable.Range(0, 4).Select(_ => Task.Run(() => storage.Identities.SaveAsync([new("wx", openId) { UnionId = "u" }], seen, Cancelled).AsTask(), Cancelled))
                    .Append(Task.Run(() => (Task)storage.Identities.EraseAsync("wx", openId, Cancelled).AsTask(), Cancelled)));
            Assert.Empty(await storage.Identities.FindAsync("wx", [openId], Cancelled));
        }
    }
}

public sealed class EntityFrameworkStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string File => $"Data Source={_folder["shop.db"]};Pooling=false";

    [Fact]
    public async Task A_host_registers_its_context_and_needs_nothing_else()
    {
        await using var services = new ServiceCollection()
            .AddPooledDbContextFactory<HostContext>(options => options.UseSqlite(File))
            .AddWeChatUnionPush(options =>
            {
                options.OfficialAccount.AppId = "wx0123456789abcdef";
                options.OfficialAccount.AppSecret = "0123456789abcdef0123456789abcdef";
            })
            .UseEntityFramework<HostContext>()
            .Services.BuildServiceProvider();
        await services.GetRequiredService<IUnionPushStorage>().EnsureSchemaAsync(Cancelled);
        var repository = services.GetRequiredService<IUnionIdRepository>();
        await repository.SaveAsync([new("wx", "o1")], Cancelled);
        Assert.Single(await repository.FindAsync("wx", ["o1"], Cancelled));
    }

    [Fact]
    public void A_context_without_a_factory_is_named()
    {
        using var services = new ServiceCollection().AddDbContext<HostContext>(options => options.UseSqlite(File))
            .AddWeChatUnionPush(static _ => { }).UseEntityFramework<HostContext>().Services.BuildServiceProvider();
        var failure = Assert.Throws<InvalidOperationException>(services.GetRequiredService<IUnionPushStorage>);
        Assert.Contains("AddPooledDbContextFactory<HostContext>", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_look_up_is_one_command()
    {
        var commands = new Commands();
        var storage = Storage<HostContext>(options => options.AddInterceptors(commands));
        await storage.EnsureSchemaAsync(Cancelled);
        await storage.Identities.SaveAsync([new("wxm", "m1") { UnionId = "u1" }, new("wxo", "o1") { UnionId = "u1" }], Cancelled);
        commands.Texts.Clear();
        Assert.Equal("o1", Assert.Single(await storage.Identities.ResolveAsync("wxm", ["m1"], "wxo", Cancelled)).Target?.OpenId);
        Assert.Single(commands.Texts);
    }

    [Fact]
    public async Task Conventions_of_the_host_do_not_reach_the_librarys_tables()
    {
        var storage = Storage<OpinionatedContext>(options => options.UseLazyLoadingProxies());
        await storage.EnsureSchemaAsync(Cancelled);
        string[] openIds = ["oABC", "oabc", "oABC ", "oÁBC", "o'\"\\😀", new string('汉', 128), string.Concat(Enumerable.Repeat("😀", 64))];
        WeChatIdentity[] people =
            [.. openIds.Select(openId => new WeChatIdentity("wx", openId) { UnionId = $"U{openId[..Math.Min(100, openId.Length)]}", ObservedAt = DateTimeOffset.UnixEpoch })];
        Assert.Equal(people.Length, (await storage.Identities.SaveAsync(people, Cancelled)).Added);
        Assert.Equal(people.ToHashSet(), (await storage.Identities.FindAsync("wx", openIds, Cancelled)).ToHashSet());
    }

    [Fact]
    public async Task A_database_that_ignores_case_is_refused()
    {
        var storage = Storage<CaseBlindContext>();
        var refused = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Contains("two people for one", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Fact]
    public async Task A_context_without_the_tables_says_what_to_call()
    {
        var refused = await Assert.ThrowsAsync<UnionPushStorageException>(() => Storage<EmptyContext>().EnsureSchemaAsync(Cancelled).AsTask());
        Assert.Contains("UseUnionPush()", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_without_the_tables_says_that_a_migration_is_missing()
    {
        // The host's own tables are there already, so nothing is made beside them.
        await using (var context = EntityFrameworkContexts.Of<OtherTableContext>(options => options.UseSqlite(File)).CreateDbContext())
        {
            await context.Database.EnsureCreatedAsync(Cancelled);
        }

        var storage = Storage<HostContext>();
        foreach (var call in new Func<Task>[] { () => storage.EnsureSchemaAsync(Cancelled).AsTask(), () => storage.Identities.FindAsync("wx", ["o1"], Cancelled).AsTask() })
        {
            var refused = await Assert.ThrowsAsync<UnionPushStorageException>(call);
            Assert.Contains("add a migration", refused.Message, StringComparison.Ordinal);
            Assert.False(refused.IsTransient);
        }
    }

    [Fact]
    public async Task A_database_out_of_reach_is_a_transient_failure()
    {
        var storage = new EntityFrameworkUnionPushStorage<HostContext>(
            EntityFrameworkContexts.Of<HostContext>(static options => options.UseNpgsql("Host=127.0.0.1;Port=1;Username=shop;Password=not-this-one;Timeout=2")));
        var failure = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.Identities.SaveAsync([new("wx", "o1")], Cancelled).AsTask());
        Assert.True(failure.IsTransient);
        Assert.Contains("cannot be reached", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-this-one", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_is_translated_for_SQL_Server()
    {
        await using var server = new AbsentSqlServer();
        var contexts = EntityFrameworkContexts.Of<HostContext>(options => options.UseSqlServer(server));
        var storage = new EntityFrameworkUnionPushStorage<HostContext>(contexts);
        var now = DateTimeOffset.UnixEpoch;
        foreach (var (call, expected) in new (Func<Task> Call, string[] Expected)[]
        {
            (() => storage.Identities.ResolveAsync("wxm", ["m1"], "wxo", Cancelled).AsTask(),
                ["LEFT JOIN", "ON [u].[union_id] = [u1].[union_id]", "WHERE [u].[app_id] = @appId AND [u].[open_id] = @"]),
            (() => storage.Identities.FindAsync("wxm", ["m1", "m2"], Cancelled).AsTask(), ["WHERE [u].[app_id] = @appId AND [u].[open_id] IN (@"]),
            (() => storage.Identities.FindByUnionIdAsync("wxm", ["u1", "u2"], Cancelled).AsTask(), ["[u].[union_id] IN (@"]),
            (() => storage.Identities.FindOutdatedAsync("wxm", ["m1", "m2"], now, now, Cancelled).AsTask(), ["[u].[details_at] >= CASE", "WHEN [u].[union_id] IS NULL THEN @"]),
            (() => storage.Identities.CountFollowersAsync("wxo", now, Cancelled).AsTask(), ["COUNT(*)", "GROUP BY [u].[app_id]"]),
            (() => storage.Identities.CloseWalkAsync("wxo", now, Cancelled).AsTask(), ["UPDATE [u]", "[u].[version] = [u].[version] + CAST(1 AS bigint)"]),
            (() => storage.Identities.ListAsync("wxo", "o1", Cancelled).GetAsyncEnumerator(Cancelled).MoveNextAsync().AsTask(),
                ["SELECT TOP(@", "[u].[open_id] > @", "ORDER BY [u].[open_id]"]),
            (() => storage.Identities.GetCoverageAsync("wxm", "wxo", Cancelled).AsTask(), ["SELECT TOP(@"]),
            (() => storage.Identities.SaveAsync([new("1", "1") { UnionId = "2", ObservedAt = now.AddSeconds(9), DetailsAt = now.AddSeconds(9) }], 100, Cancelled).AsTask(),
                ["UPDATE [u]", "SET [u].[turn] = [u].[turn] + CAST(1 AS bigint)", "SELECT MAX([u].[number])", "[version] = @p"]),
            (() => storage.Identities.EraseAsync("wxm", "m1", Cancelled).AsTask(), ["DELETE FROM [u]", "INSERT INTO [unionpush_erasure]"]),
            (() => storage.Identities.ExpireErasuresAsync(now, 10, Cancelled).AsTask(), ["DELETE FROM [u]", "[u].[number] < @last"]),
            (() => storage.AccessTokens.SetAsync("k", new StoredAccessToken { FetchedAt = now }, Cancelled).AsTask(), ["UPDATE [u]", "[u].[forced_count] = @"]),
            (() => storage.AccessTokens.TryLeaseAsync("k", TimeSpan.FromMinutes(1), Cancelled).AsTask(), ["UPDATE [u]", "[u].[expires_at] <= @now"]),
            (() => storage.EventInbox.TakeAsync(["wxo"], 10, TimeSpan.FromMinutes(1), Cancelled).AsTask(),
                ["SELECT TOP(@", "NOT EXISTS", "ORDER BY [u].[available_at], [u].[id]", "[lease_id] = @"]),
            (() => storage.EventInbox.CompleteAsync([new("wxo", "k", "", 1, "l")], Cancelled).AsTask(), ["UPDATE [u]", "[u].[lease_id] = @leaseId"]),
            (() => storage.EventInbox.ListBuriedAsync("wxo", 10, new("wxo", "k", "o", "", 1, now), Cancelled).AsTask(),
                ["[u].[deduplication_key] < @key", "ORDER BY [u].[buried_at] DESC"]),
            (() => storage.EventInbox.ExpireAsync(now, 10, Cancelled).AsTask(), ["DELETE FROM [u]", "[u].[settled_at] < @before"]),
            (() => storage.Receipts.SaveAsync([new("1", 1) { Status = TemplateDeliveryStatus.Delivered }], Cancelled).AsTask(),
                ["[u].[message_id] = @", "UPDATE [unionpush_receipt]", "[version] = @p"]),
            (() => storage.Receipts.ListAsync("wxo", new() { From = now, Before = now, HasOutcome = true, After = new("wxo", 7) }, Cancelled).AsTask(),
                ["ORDER BY [u].[listed_at] DESC, [u].[message_id] DESC"]),
            (() => storage.Receipts.ForgetRecipientsAsync("wxo", ["o1"], Cancelled).AsTask(), ["UPDATE [u]", "[u].[is_forgotten] = "]),
            (() => storage.Receipts.ExpireAsync(now, 10, Cancelled).AsTask(), ["DELETE FROM [u]", "[u].[saved_at] < @before"]),
        })
        {
            server.Statements.Clear();
            await call();
            var sql = string.Join("\n;\n", server.Statements);
            Assert.All(expected, part => Assert.Contains(part, sql, StringComparison.Ordinal));
            Assert.DoesNotContain("OPENJSON", sql, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Ids_are_compared_by_their_characters_on_every_server()
    {
        AssertCollation(options => options.UseSqlServer("Server=absent"), "[open_id] nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL");
        AssertCollation(options => options.UseNpgsql("Host=absent"), "open_id character varying(128) COLLATE \"C\" NOT NULL");

        static void AssertCollation(Action<DbContextOptionsBuilder<HostContext>> configure, string expected)
        {
            using var context = EntityFrameworkContexts.Of(configure).CreateDbContext();
            Assert.Contains(expected, context.Database.GenerateCreateScript(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_tables_go_to_the_schema_that_the_host_names()
    {
        using var context = EntityFrameworkContexts.Of<SchemaContext>(static options => options.UseSqlServer("Server=absent")).CreateDbContext();
        Assert.Contains("CREATE TABLE [wechat].[unionpush_identity]", context.Database.GenerateCreateScript(), StringComparison.Ordinal);
        Assert.Contains("INSERT INTO [wechat].[unionpush_gate]", context.Database.GenerateCreateScript(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private EntityFrameworkUnionPushStorage<TContext> Storage<TContext>(Action<DbContextOptionsBuilder<TContext>>? configure = null)
        where TContext : DbContext =>
        new(EntityFrameworkContexts.Of<TContext>(options =>
        {
            options.UseSqlite(File);
            configure?.Invoke(options);
        }));

    private sealed class Commands : DbCommandInterceptor
    {
        public List<string> Texts { get; } = [];

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Texts.Add(command.CommandText);
            return new(result);
        }
    }

    /// <summary>A host that has opinions about all texts.</summary>
    public class OpinionatedContext(DbContextOptions<OpinionatedContext> options) : HostContext(options)
    {
        protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
            configurationBuilder.Properties<string>().HaveMaxLength(20).AreUnicode(false);
    }

    public class CaseBlindContext(DbContextOptions<CaseBlindContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseUnionPush(collation: "NOCASE");
    }

    public class SchemaContext(DbContextOptions<SchemaContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseUnionPush(schema: "wechat");
    }

    public class EmptyContext(DbContextOptions<EmptyContext> options) : DbContext(options);

    public class OtherTableContext(DbContextOptions<OtherTableContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Order>();
    }

    public class Order
    {
        public int Id { get; set; }
    }
}
