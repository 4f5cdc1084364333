using System.Data.Common;
using Npgsql;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>Runs the statements of the stores. Each call is one round trip and one transaction.</summary>
internal sealed class PostgreSqlDatabase(NpgsqlDataSource dataSource, NpgsqlConnectionStringBuilder settings, SchemaScript schema)
    : AdoDatabase(dataSource, TimeSpan.FromSeconds(settings.Timeout), "begin isolation level read committed; ")
{
    // Any number will do, so long as nobody else in the database locks it and every version of the library locks the same.
    private const long SchemaLock = 0x756E696F6E70;

    // Not to_regclass: what it did not find before the wait for another machine it does not find after it either, and then everything is made again.
    private const string SelectSchemaTable = "select tablename::text from pg_tables where schemaname = any(current_schemas(false)) and tablename = 'unionpush_schema'";

    public override SqlDialect Dialect { get; } = new() { Parameter = '$' };

    protected override string Name => $"The PostgreSQL database '{settings.Database ?? settings.Username}' on {settings.Host}";

    /// <summary>A parameter whose type the driver sees without looking at the value; null is SQL's null.</summary>
    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public async ValueTask EnsureSchemaAsync(CancellationToken cancellationToken)
    {
        var encodings = await RunAsync(static () => new NpgsqlCommand("show server_encoding"), static row => row.Text(0), cancellationToken).ConfigureAwait(false);
        if (encodings is not ["UTF8"])
        {
            throw new UnionPushStorageException(
                $"{Name} is not encoded in UTF8 and cannot keep every openid. Create a database with \"encoding 'UTF8'\".", isTransient: false);
        }

        await WriteAsync(
            schema,
            static async (session, schema, cancellationToken) =>
            {
                if (schema.UpgradesFrom(await VersionAsync(session, cancellationToken).ConfigureAwait(false)).Count > 0)
                {
                    // Of many machines that start at once, one makes the schema and the others find it made.
                    await session.RunAsync(new NpgsqlCommand($"select pg_advisory_xact_lock({SchemaLock})"), cancellationToken).ConfigureAwait(false);
                    foreach (var upgrade in schema.UpgradesFrom(await VersionAsync(session, cancellationToken).ConfigureAwait(false)))
                    {
                        await session.RunAsync(new NpgsqlCommand(upgrade), cancellationToken).ConfigureAwait(false);
                    }
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs one statement and reads all its rows.</summary>
    public async ValueTask<List<T>> ReadAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        var command = dataSource.CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.AddRange(parameters);
            return (await RunAsync((DbCommand)command, static (command, token) => command.ExecuteReaderAsync(token), read, cancellationToken).ConfigureAwait(false)).Rows;
        }
    }

    /// <summary>Runs statements, all or none of which happen, and reads all their rows.</summary>
    public async ValueTask<List<T>> ReadAsync<T>(IEnumerable<NpgsqlBatchCommand> commands, Func<DbDataReader, T> read, CancellationToken cancellationToken) =>
        (await RunAsync(commands, read, cancellationToken).ConfigureAwait(false)).Rows;

    public override ValueTask<List<T>> QueryAsync<T>(string sql, Func<ISqlRow, T> read, CancellationToken cancellationToken, params SqlValue[] values)
    {
        var row = new DbRow();
        return ReadAsync(sql, reader => read(row.Of(reader)), cancellationToken, Array.ConvertAll(values, Parameter));
    }

    public override async ValueTask<int> ExecuteAsync(string sql, IReadOnlyCollection<SqlValue[]> runs, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return runs.Count == 0 ? 0 : (await RunAsync(runs.Select(Command), static _ => true, cancellationToken).ConfigureAwait(false)).Written;

        NpgsqlBatchCommand Command(SqlValue[] values)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.AddRange(Array.ConvertAll(values, Parameter));
            return command;
        }
    }

    protected override SqlFailure Judge(DbException exception) => (exception as PostgresException)?.SqlState switch
    {
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidSchemaName =>
            SqlFailure.LacksTables("schema/postgresql.sql", hint: "see that the search path is the same"),
        PostgresErrorCodes.InsufficientPrivilege => SqlFailure.ForbidsUser("create on the schema"),
        PostgresErrorCodes.ReadOnlySqlTransaction => new("cannot be written: it is a standby. Name the primary, or set \"Target Session Attributes=read-write\""),
        PostgresErrorCodes.DiskFull => SqlFailure.DiskIsFull,
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => SqlFailure.RefusesUser,
        PostgresErrorCodes.TooManyConnections => SqlFailure.HasNoConnection("max_connections allows"),
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure => SqlFailure.IsHeld,
        PostgresErrorCodes.InvalidCatalogName => new("does not exist. Create it, encoded in UTF8"),
        not null => SqlFailure.RefusesStatement,
        null when exception.InnerException is TimeoutException && exception.Message.Contains("pool", StringComparison.OrdinalIgnoreCase) => new(
            "did not get to a call in time: all connections of this process's pool were taken. Raise \"Maximum Pool Size\" in the connection string as far as the "
                + "server's max_connections allows for all processes together, or \"Timeout\" to wait longer"),
        null => SqlFailure.IsUnreachable,
    };

    /// <summary>What no database can hold is sent as null, which equals nothing.</summary>
    private static NpgsqlParameter Parameter(SqlValue value) => value.Type switch
    {
        SqlType.Text => Value(value.Text is { } text && StorableText.Fits(text) ? text : null),
        SqlType.Flag => Value(value.Number != 0),
        SqlType.Day => Value(value.Day),
        _ => Value(value.IsNull ? (long?)null : value.Number),
    };

    private static async ValueTask<int> VersionAsync(AdoSession session, CancellationToken cancellationToken) =>
        (await session.RunAsync(new NpgsqlCommand(SelectSchemaTable), static row => row.Text(0), cancellationToken).ConfigureAwait(false)).Rows.Count == 0
            ? 0
            : (await session.RunAsync(new NpgsqlCommand("select coalesce(max(version), 0) from unionpush_schema"), static row => (int)row.Int64(0), cancellationToken)
                .ConfigureAwait(false)).Rows[0];

    private async ValueTask<(List<T> Rows, int Written)> RunAsync<T>(IEnumerable<NpgsqlBatchCommand> commands, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        var batch = dataSource.CreateBatch();
        await using (batch.ConfigureAwait(false))
        {
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            return await RunAsync((DbBatch)batch, static (batch, token) => batch.ExecuteReaderAsync(token), read, cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask<(List<T> Rows, int Written)> RunAsync<TCommand, T>(
        TCommand command, Func<TCommand, CancellationToken, Task<DbDataReader>> executeAsync, Func<DbDataReader, T> read, CancellationToken cancellationToken) =>
        AttemptAsync(
            (database: this, command, executeAsync, read),
            static (call, cancellationToken) => call.database.ConnectAsync(
                call, static (call, token) => DbRow.ReadAllAsync(call.executeAsync(call.command, token), call.read, token), cancellationToken),
            cancellationToken);
}
