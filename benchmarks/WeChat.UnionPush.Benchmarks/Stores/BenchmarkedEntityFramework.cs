using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using WeChat.UnionPush.Bare;
using WeChat.UnionPush.EntityFrameworkCore;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The store over EF Core, and the loops that one writes with EF Core by hand: read who is there, add or change, save; and one join.</summary>
internal sealed class BenchmarkedEntityFramework : BenchmarkedStore
{
    private readonly EntityFrameworkUnionPushStorage<LibraryContext> _storage;
    private readonly PooledDbContextFactory<HandContext> _byHand;
    private readonly Func<ValueTask> _end;

    private BenchmarkedEntityFramework(PooledDbContextFactory<LibraryContext> contexts, PooledDbContextFactory<HandContext> byHand, Func<ValueTask> end)
    {
        _storage = new EntityFrameworkUnionPushStorage<LibraryContext>(contexts);
        _byHand = byHand;
        _end = end;
    }

    public override IUnionIdRepository Identities => _storage.Identities;

    public static Task<BenchmarkedEntityFramework> CreateOnSqliteAsync()
    {
        var directory = Directory.CreateTempSubdirectory("unionpush-benchmark-");
        var connectionString = $"Data Source={Path.Combine(directory.FullName, "identities.db")};Pooling=False";
        return CreateAsync(
            options => options.UseSqlite(connectionString),
            () =>
            {
                directory.Delete(recursive: true);
                return default;
            });
    }

    public static async Task<BenchmarkedEntityFramework> CreateOnPostgreSqlAsync(string connectionString)
    {
        var database = await TemporaryPostgreSql.CreateAsync(connectionString);
        return await CreateAsync(options => options.UseNpgsql(database.Source), database.DisposeAsync);
    }

    public override async Task ClearAsync()
    {
        await using var context = await _byHand.CreateDbContextAsync();
        await context.People.ExecuteDeleteAsync();
    }

    public override async Task SaveByHandAsync(WeChatIdentity[] batch)
    {
        await using var context = await _byHand.CreateDbContextAsync();
        foreach (var app in batch.GroupBy(static identity => identity.AppId))
        {
            var openIds = app.Select(static identity => identity.OpenId).ToArray();
            var known = await context.People.Where(person => person.AppId == app.Key && openIds.Contains(person.OpenId)).ToDictionaryAsync(static person => person.OpenId);
            foreach (var identity in app)
            {
                if (!known.TryGetValue(identity.OpenId, out var person))
                {
                    context.Add(person = new Person { AppId = identity.AppId, OpenId = identity.OpenId });
                }

                person.UnionId = identity.UnionId ?? person.UnionId;
                person.FollowState = (int)identity.FollowState;
                person.ObservedAt = identity.ObservedAt.ToUnixTimeMilliseconds();
                person.DetailsAt = identity.DetailsAt?.ToUnixTimeMilliseconds() ?? person.DetailsAt;
            }
        }

        await context.SaveChangesAsync();
    }

    public override async Task<Link?> ResolveByHandAsync(string appId, string openId, string targetAppId)
    {
        await using var context = await _byHand.CreateDbContextAsync();
        var people = context.People.AsNoTracking();
        var found = await people.Where(person => person.AppId == appId && person.OpenId == openId).LeftJoin(
            people.Where(person => person.AppId == targetAppId),
            static source => source.UnionId,
            static target => target.UnionId,
            static (source, target) => new { source, target }).ToListAsync();
        return found.Count == 0 ? null : LinkOf(found[0].source, found[0].target);
    }

    public override async Task<List<Link>> ResolveByHandAsync(string appId, string[] openIds, string targetAppId)
    {
        await using var context = await _byHand.CreateDbContextAsync();
        var people = context.People.AsNoTracking();
        var found = await people.Where(person => person.AppId == appId && openIds.Contains(person.OpenId)).LeftJoin(
            people.Where(person => person.AppId == targetAppId),
            static source => source.UnionId,
            static target => target.UnionId,
            static (source, target) => new { source, target }).ToListAsync();
        return found.ConvertAll(static pair => LinkOf(pair.source, pair.target));
    }

    public override ValueTask DisposeAsync() => _end();

    private static async Task<BenchmarkedEntityFramework> CreateAsync(Action<DbContextOptionsBuilder> configure, Func<ValueTask> end)
    {
        var contexts = Contexts<LibraryContext>(configure);
        await using (var context = await contexts.CreateDbContextAsync())
        {
            var tables = context.GetService<IRelationalDatabaseCreator>();
            if (!await tables.ExistsAsync())
            {
                await tables.CreateAsync();
            }

            await tables.CreateTablesAsync();
        }

        return new BenchmarkedEntityFramework(contexts, Contexts<HandContext>(configure), end);
    }

    private static PooledDbContextFactory<TContext> Contexts<TContext>(Action<DbContextOptionsBuilder> configure)
        where TContext : DbContext
    {
        var options = new DbContextOptionsBuilder<TContext>();
        configure(options);
        return new(options.Options);
    }

    private static Link LinkOf(Person source, Person? target) =>
        new(source.OpenId, source.UnionId, target?.OpenId, target is null ? default : (FollowState)target.FollowState);

    /// <summary>A host's context with the library's tables.</summary>
    private sealed class LibraryContext(DbContextOptions<LibraryContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseUnionPush();
    }

    /// <summary>The same table, mapped by hand.</summary>
    private sealed class HandContext(DbContextOptions<HandContext> options) : DbContext(options)
    {
        public DbSet<Person> People => Set<Person>();

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Person>(static person =>
        {
            person.ToTable("unionpush_identity");
            person.HasKey(static one => new { one.AppId, one.OpenId });
            person.Property(static one => one.AppId).HasColumnName("app_id");
            person.Property(static one => one.OpenId).HasColumnName("open_id");
            person.Property(static one => one.UnionId).HasColumnName("union_id");
            person.Property(static one => one.FollowState).HasColumnName("follow_state");
            person.Property(static one => one.ObservedAt).HasColumnName("observed_at");
            person.Property(static one => one.DetailsAt).HasColumnName("details_at");
            person.Property(static one => one.FollowChangedAt).HasColumnName("follow_changed_at");
            person.Property(static one => one.Version).HasColumnName("version").IsConcurrencyToken();
        });
    }

    private sealed class Person
    {
        public required string AppId { get; init; }

        public required string OpenId { get; init; }

        public string? UnionId { get; set; }

        public int FollowState { get; set; }

        public long ObservedAt { get; set; }

        public long? DetailsAt { get; set; }

        public long? FollowChangedAt { get; set; }

        public long Version { get; set; }
    }
}
