using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>
/// Every store of the library over a context of the host's, in the tables that <see cref="UnionPushModelBuilderExtensions.UseUnionPush"/> adds to it, on any
/// relational provider of EF Core.
/// </summary>
/// <typeparam name="TContext">The host's context.</typeparam>
/// <remarks>
/// <para>The tables are made by the host's own migrations. Only queries, <c>ExecuteUpdate</c> and <c>ExecuteDelete</c> are used that every relational provider
/// translates, and each call has a context of its own, so what the host saves is never part of the library's transactions.</para>
/// <para>The database holds access tokens: who can read <c>unionpush_access_token</c> can send as the account. With <c>EnableSensitiveDataLogging</c> EF
/// Core writes them to the log.</para>
/// <para>Leases end by the clocks of the machines, which should agree to well under the length of a lease: seconds, where leases last a minute.</para>
/// </remarks>
public sealed class EntityFrameworkUnionPushStorage<TContext> : IUnionPushStorage
    where TContext : DbContext
{
    private readonly EfSchema _schema;

    /// <summary>Uses contexts of the host's. The factory stays the host's to dispose.</summary>
    /// <param name="contexts">Makes the contexts, best from a pool.</param>
    /// <param name="timeProvider">The clock that leases end by; <see langword="null"/> is the machine's.</param>
    public EntityFrameworkUnionPushStorage(IDbContextFactory<TContext> contexts, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        var time = timeProvider ?? TimeProvider.System;
        var database = new EfDatabase(async cancellationToken => await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false), typeof(TContext).Name);
        _schema = new EfSchema(database, typeof(TContext).Name);
        Identities = new EfUnionIdRepository(database, time);
        AccessTokens = new EfAccessTokenStore(database, time);
        FollowerSyncs = new EfFollowerSyncStore(database, time);
        EventInbox = new EfWeChatEventInbox(database, time);
        Receipts = new EfMessageReceipts(database, time);
        Broadcasts = new EfBroadcastJournal(database, time);
        Pace = new EfSharedPace(database, time);
        Consents = new EfConsentLedger(database);
        Reach = new EfReachJournal(database, time);
    }

    /// <inheritdoc/>
    public IUnionIdRepository Identities { get; }

    /// <inheritdoc/>
    public IAccessTokenStore AccessTokens { get; }

    /// <inheritdoc/>
    public IFollowerSyncStore FollowerSyncs { get; }

    /// <inheritdoc/>
    public IWeChatEventInbox EventInbox { get; }

    /// <inheritdoc/>
    public IMessageReceipts Receipts { get; }

    /// <inheritdoc/>
    public IBroadcastJournal? Broadcasts { get; }

    /// <inheritdoc/>
    public ISharedPace? Pace { get; }

    /// <inheritdoc/>
    public IConsentLedger? Consents { get; }

    /// <inheritdoc/>
    public IReachJournal? Reach { get; }

    /// <summary>
    /// Checks that the tables are there and that ids are compared by their characters. Where the context has no migrations and the database has no tables,
    /// makes all tables of the context, as <c>EnsureCreated</c> does; otherwise the host's migrations make them, and this changes nothing.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="UnionPushStorageException">The database cannot be reached, lacks the tables, or takes two ids that differ in case for one.</exception>
    public ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default) => _schema.EnsureAsync(cancellationToken);
}
