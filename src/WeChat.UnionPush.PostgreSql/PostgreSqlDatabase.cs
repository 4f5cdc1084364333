using System.Data.Common;
using Npgsql;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>Runs the statements of the stores. Each call is one round trip and one transaction.</summary>
internal sealed class PostgreSqlDatabase(NpgsqlDataSource dataSource, SchemaScript schema)
{
    // Any number will do, so long as nobody else in the database locks it and every version of the library locks the same.
    private const long SchemaLock = 0x756E696F6E70;
    private const int Attempts = 5;

    public NpgsqlDataSource DataSource => dataSource;

    /// <summary>A parameter whose type the driver sees without looking at the value; null is SQL's null.</summary>
    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public async ValueTask EnsureSchemaAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connection = await dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                if (!"UTF8".Equals(await ScalarAsync(connection, "show server_encoding", cancellationToken).ConfigureAwait(false) as string, StringComparison.Ordinal))
                {
                    throw new UnionPushStorageException($"{Name} is not encoded in UTF8 and cannot keep every openid. Create a database with \"encoding 'UTF8'\".", isTransient: false);
                }

                if (schema.UpgradesFrom(await VersionAsync(connection, cancellationToken).ConfigureAwait(false)).Count == 0)
                {
                    return;
                }

                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    // Of many machines that start at once, one makes the schema and the others find it made.
                    await ScalarAsync(connection, $"select pg_advisory_xact_lock({SchemaLock})", cancellationToken).ConfigureAwait(false);
                    foreach (var upgrade in schema.UpgradesFrom(await VersionAsync(connection, cancellationToken).ConfigureAwait(false)))
                    {
                        await ScalarAsync(connection, upgrade, cancellationToken).ConfigureAwait(false);
                    }

                    await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (NpgsqlException exception)
        {
            throw Translated(exception);
        }
    }

    /// <summary>Runs one statement and reads all its rows.</summary>
    public async ValueTask<List<T>> ReadAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        var command = dataSource.CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.AddRange(parameters);
            return await ReadAsync(command, static (command, token) => command.ExecuteReaderAsync(token), read, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs statements, all or none of which happen, and reads all their rows.</summary>
    public async ValueTask<List<T>> ReadAsync<T>(IEnumerable<NpgsqlBatchCommand> commands, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        var batch = dataSource.CreateBatch();
        await using (batch.ConfigureAwait(false))
        {
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            return await ReadAsync(batch, static (batch, token) => batch.ExecuteReaderAsync(token), read, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<List<T>> ReadAsync<TCommand, T>(TCommand command, Func<TCommand, CancellationToken, Task<NpgsqlDataReader>> executeAsync, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var rows = new List<T>();
                var reader = await executeAsync(command, cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    do
                    {
                        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                        {
                            rows.Add(read(reader));
                        }
                    }
                    while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
                }

                return rows;
            }
            catch (PostgresException exception) when (attempt < Attempts && exception.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // The server undid everything for the sake of another call, which is through now.
            }
            catch (NpgsqlException exception)
            {
                throw Translated(exception);
            }
        }
    }

    private static async ValueTask<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<int> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await ScalarAsync(connection, "select to_regclass('unionpush_schema') is not null", cancellationToken).ConfigureAwait(false) is true
            ? await ScalarAsync(connection, "select max(version) from unionpush_schema", cancellationToken).ConfigureAwait(false) as int? ?? 0
            : 0;

    private string Name
    {
        get
        {
            var where = new NpgsqlConnectionStringBuilder(dataSource.ConnectionString);
            return $"The PostgreSQL database '{where.Database ?? where.Username}' on {where.Host}";
        }
    }

    private UnionPushStorageException Translated(NpgsqlException exception)
    {
        var what = (exception as PostgresException)?.SqlState switch
        {
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidSchemaName =>
                "lacks the library's tables, or they are of another version. Call EnsureSchemaAsync at the start, or run schema/postgresql.sql of the package, and see that the search path is the same",
            PostgresErrorCodes.InsufficientPrivilege => "does not allow this user what the library does. Grant select, insert, update and delete on the unionpush_ tables, and create on the schema to the user that calls EnsureSchemaAsync",
            PostgresErrorCodes.ReadOnlySqlTransaction => "cannot be written: it is a standby. Name the primary, or set \"Target Session Attributes=read-write\"",
            PostgresErrorCodes.DiskFull => "cannot grow: the disk of the server is full. Free some space",
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => "refuses the user name or the password",
            PostgresErrorCodes.InvalidCatalogName => "does not exist. Create it, encoded in UTF8",
            not null => "refused a statement",
            null => "cannot be reached, or the connection broke",
        };
        return new UnionPushStorageException($"{Name} {what}. Nothing was half written. The driver says: {exception.Message}", exception.IsTransient, exception);
    }
}
