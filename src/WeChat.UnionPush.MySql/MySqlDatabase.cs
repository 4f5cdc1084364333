using System.Data.Common;
using MySqlConnector;

namespace WeChat.UnionPush.MySql;

/// <summary>Runs the statements of the stores: what reads in one round trip, what writes in a transaction.</summary>
internal sealed class MySqlDatabase(MySqlDataSource dataSource, MySqlConnectionStringBuilder settings, SchemaScript schema)
    : AdoDatabase(dataSource, TimeSpan.FromSeconds(settings.ConnectionTimeout), Begin)
{
    // Under "repeatable read", the server's default, writers lock gaps between rows, and so each other.
    private const string Begin = "set transaction isolation level read committed; start transaction; ";

    // The comments choose in a schema file; here the server is asked what it has.
    private const string CollationsInSchema = "/*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */";

    private const string SelectCollation =
        "select collation_name from information_schema.collations where collation_name in ('utf8mb4_0900_bin', 'utf8mb4_nopad_bin', 'utf8mb4_bin') "
        + "order by collation_name = 'utf8mb4_bin' limit 1";

    private const string SelectSchemaTable = "select table_name from information_schema.tables where table_schema = database() and table_name = 'unionpush_schema'";

    public override SqlDialect Dialect { get; } = new()
    {
        Parameter = '@',
        Quote = '`',

        // Of the two at most one writes.
        TakeLease = """
            update unionpush_lease set owner = $2, expires_at = $3 where "key" = $1 and expires_at <= $4;
            insert ignore into unionpush_lease ("key", owner, expires_at) values ($1, $2, $3)
            """,
        IfAbsent = static insert => insert.Replace("insert into", "insert ignore into", StringComparison.Ordinal),

        // An update may not read its own table in a subquery. One with an order and a limit waits for the moment that another claim takes.
        ClaimBatch = """
            update unionpush_broadcast_batch set claim_id = $2, available_at = $3
            where broadcast_id = $1 and available_at <= $4 order by available_at, number limit 1
            """,
        OnConflict = static _ => " on duplicate key update ",
        Brought = static column => $"values({column})",
    };

    protected override string Name => $"The MySQL database '{settings.Database}' on {settings.Server}";

    public async ValueTask EnsureSchemaAsync(CancellationToken cancellationToken)
    {
        var mode = (await TextAsync("select @@session.sql_mode", cancellationToken).ConfigureAwait(false))!;
        if (mode.Contains("NO_BACKSLASH_ESCAPES", StringComparison.OrdinalIgnoreCase) != settings.NoBackslashEscapes)
        {
            throw new UnionPushStorageException(
                $"{Name} and the driver do not agree on what a backslash is. Let \"No Backslash Escapes\" in the connection string say what the server's sql_mode says.",
                isTransient: false);
        }

        // The first section makes what is missing and may be run by many at once. The later ones are run by one at a time, who locks a row that it made.
        var collation = await TextAsync(SelectCollation, cancellationToken).ConfigureAwait(false) ?? "utf8mb4_bin";
        if (await VersionAsync(cancellationToken).ConfigureAwait(false) == 0)
        {
            await UpgradeAsync(schema.UpgradesFrom(0)[0]).ConfigureAwait(false);
        }

        if (schema.UpgradesFrom(await VersionAsync(cancellationToken).ConfigureAwait(false)).Count > 0)
        {
            await WriteAsync(
                UpgradeAsync,
                async (gate, upgradeAsync, cancellationToken) =>
                {
                    await gate.RunAsync(new MySqlText().Sql(MySqlWeChatEventInbox.LockGate).Command, cancellationToken).ConfigureAwait(false);
                    foreach (var upgrade in schema.UpgradesFrom(await VersionAsync(cancellationToken).ConfigureAwait(false)))
                    {
                        await upgradeAsync(upgrade).ConfigureAwait(false);
                    }

                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }

        async Task UpgradeAsync(string upgrade) => await RunAsync(
            () => new MySqlText().Sql(upgrade.Replace(CollationsInSchema, collation, StringComparison.Ordinal)).Command, static _ => true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads with one select for each list of ids, all in one round trip.</summary>
    public ValueTask<List<T>> ReadAsync<TId, T>(IEnumerable<TId> ids, Action<MySqlText, TId[]> select, Func<ISqlRow, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        MySqlText? text = null;
        foreach (var chunk in ids.Chunk(MySqlText.ListSize))
        {
            select(text ??= new(), chunk);
            text.Sql("; ");
        }

        return text is null ? new([]) : RunAsync(() => text.Command, read, cancellationToken);
    }

    public override ValueTask<List<T>> QueryAsync<T>(string sql, Func<ISqlRow, T> read, CancellationToken cancellationToken, params SqlValue[] values) =>
        RunAsync(() => new MySqlText().Numbered(sql, values).Command, read, cancellationToken);

    public override ValueTask<int> ExecuteAsync(string sql, IReadOnlyCollection<SqlValue[]> runs, CancellationToken cancellationToken) =>
        WriteAsync(
            (sql, runs),
            static async (session, batch, cancellationToken) =>
            {
                var (written, left) = (0, batch.runs.Count);
                foreach (var chunk in batch.runs.Chunk(MySqlText.ListSize))
                {
                    var command = chunk.Aggregate(new MySqlText(), (text, values) => text.Numbered(batch.sql, values)).Command;
                    left -= chunk.Length;
                    written += left > 0
                        ? await session.RunAsync(command, cancellationToken).ConfigureAwait(false)
                        : await session.RunLastAsync(command, cancellationToken).ConfigureAwait(false);
                }

                return written;
            },
            cancellationToken);

    // What the driver itself reports has no number of the server's. 1927: the server ended the connection. The last numbers are TiDB's: a write conflict, and
    // transactions that it wants to be run again.
    protected override SqlFailure Judge(DbException exception) => ((MySqlException)exception).ErrorCode switch
    {
        MySqlErrorCode.NoSuchTable or MySqlErrorCode.BadFieldError => SqlFailure.LacksTables("schema/mysql.sql"),
        MySqlErrorCode.TableAccessDenied or MySqlErrorCode.ColumnAccessDenied or MySqlErrorCode.DatabaseAccessDenied => SqlFailure.ForbidsUser("create, alter and index"),
        MySqlErrorCode.OptionPreventsStatement => new("cannot be written: the server is read-only. Name the primary"),
        MySqlErrorCode.DiskFull or MySqlErrorCode.RecordFileFull => SqlFailure.DiskIsFull,
        MySqlErrorCode.AccessDenied => SqlFailure.RefusesUser,
        MySqlErrorCode.UnknownDatabase => new("does not exist. Create it; its character set does not matter"),
        MySqlErrorCode.PacketTooLarge => new("takes no statement as large as this one. Raise max_allowed_packet"),
        MySqlErrorCode.ConnectionCountError or MySqlErrorCode.TooManyUserConnections or MySqlErrorCode.UserLimitReached =>
            SqlFailure.HasNoConnection("max_connections or max_user_connections allow"),
        MySqlErrorCode.None or MySqlErrorCode.UnableToConnectToHost or MySqlErrorCode.CommandTimeoutExpired or MySqlErrorCode.ServerShutdown or (MySqlErrorCode)1927 =>
            SqlFailure.IsUnreachable with { Kind = SqlFailureKind.Outage },
        MySqlErrorCode.LockDeadlock or MySqlErrorCode.LockWaitTimeout or (MySqlErrorCode)9007 or (MySqlErrorCode)8002 or (MySqlErrorCode)8022 => SqlFailure.IsHeld,
        _ => SqlFailure.RefusesStatement,
    };

    private async Task<string?> TextAsync(string sql, CancellationToken cancellationToken) =>
        (await RunAsync(() => new MySqlText().Sql(sql).Command, static row => row.Text(0), cancellationToken).ConfigureAwait(false)).FirstOrDefault();

    private async ValueTask<int> VersionAsync(CancellationToken cancellationToken) =>
        await TextAsync(SelectSchemaTable, cancellationToken).ConfigureAwait(false) is null
            ? 0
            : (await QueryAsync("select version from unionpush_schema where id = 1", static row => (int)row.Int64(0), cancellationToken).ConfigureAwait(false)).FirstOrDefault();
}
