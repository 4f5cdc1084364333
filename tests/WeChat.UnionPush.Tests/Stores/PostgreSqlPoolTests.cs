using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using WeChat.UnionPush.Testing;
using PgStorage = WeChat.UnionPush.PostgreSql.PostgreSqlUnionPushStorage;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>Many calls at once wait for a connection and are not lost.</summary>
public sealed class PostgreSqlPoolTests(PostgreSqlServer server)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Four_hundred_sign_ins_at_once_on_four_hosts_lose_nobody()
    {
        var connection = await ConnectionAsync();
        await using var town = new Town(choose: builder => builder.UsePostgreSql(connection));
        await town.Services.GetRequiredService<IUnionPushStorage>().EnsureSchemaAsync(Cancelled);
        var people = town.Platform.AddPeople(400);
        var hosts = Enumerable.Range(0, 4).Select(_ => town.Build()).ToList();

        await Task.WhenAll(people.Select((person, i) => Task.Run(
            () => hosts[i % 4].GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(town.MiniProgram), cancellationToken: Cancelled), Cancelled)));

        Assert.Equal(400, (await town.Repository.FindAsync(Town.MiniProgramAppId, [.. people.Select(person => person.OpenIdIn(town.MiniProgram))], Cancelled)).Count);
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_server_without_a_connection_left_is_asked_again()
    {
        // A role that may have three connections stands for a server whose hundred are taken.
        var connection = await ConnectionAsync();
        var role = $"limited_{Guid.NewGuid():N}";
        await using (var admin = NpgsqlDataSource.Create(connection))
        {
            await new PgStorage(admin).EnsureSchemaAsync(Cancelled);
            var schema = new NpgsqlConnectionStringBuilder(connection).SearchPath;
            await using var command = admin.CreateCommand(
                $"create role {role} login connection limit 3; grant usage on schema {schema} to {role}; grant all on all tables in schema {schema} to {role}");
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        await using var storage = new PgStorage(new NpgsqlConnectionStringBuilder(connection) { Username = role, Timeout = 120 }.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => storage.Identities.SaveAsync([new("wx", $"o{i}")], Cancelled).AsTask(), Cancelled)));
        Assert.Equal(200, (await storage.Identities.FindAsync("wx", [.. Enumerable.Range(0, 200).Select(i => $"o{i}")], Cancelled)).Count);
    }

    [Fact]
    public async Task A_process_takes_sixteen_connections_where_the_connection_string_says_nothing()
    {
        var name = $"pool_{Guid.NewGuid():N}";
        var connection = await ConnectionAsync();
        await using var admin = NpgsqlDataSource.Create(connection);
        await using var storage = new PgStorage(new NpgsqlConnectionStringBuilder(connection) { ApplicationName = name }.ConnectionString);
        await storage.EnsureSchemaAsync(Cancelled);
        Task[] calls;
        await using (var locking = await admin.OpenConnectionAsync(Cancelled))
        {
            // Nobody reads while this transaction lives, so each call keeps the connection it has.
            await using var transaction = await locking.BeginTransactionAsync(Cancelled);
            await using var command = new NpgsqlCommand("lock table unionpush_identity in access exclusive mode", locking);
            await command.ExecuteNonQueryAsync(Cancelled);
            calls = [.. Enumerable.Range(0, 60).Select(i => Task.Run(() => storage.Identities.FindAsync("wx", [$"o{i}"], Cancelled).AsTask(), Cancelled))];
            await Runs.UntilAsync(async () => await CountAsync() >= 16, "as many connections are open as the pool has", TimeSpan.FromMilliseconds(20));
        }

        await Task.WhenAll(calls);
        Assert.Equal(16, await CountAsync());

        async Task<int> CountAsync()
        {
            await using var count = admin.CreateCommand($"select count(*)::int from pg_stat_activity where application_name = '{name}'");
            return (int)(await count.ExecuteScalarAsync(Cancelled))!;
        }
    }

    [Fact]
    public async Task What_to_do_is_said_when_no_connection_gets_free_in_time()
    {
        // Not less, for it limits how long connecting itself may take too.
        var connection = new NpgsqlConnectionStringBuilder(await ConnectionAsync()) { MaxPoolSize = 1, Timeout = 4 }.ConnectionString;
        await using var dataSource = NpgsqlDataSource.Create(connection);
        var storage = new PgStorage(dataSource);
        await storage.EnsureSchemaAsync(Cancelled);
        await using var taken = await dataSource.OpenConnectionAsync(Cancelled);
        var failure = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.Identities.FindAsync("wx", ["o1"], Cancelled).AsTask());
        Assert.Contains("Maximum Pool Size", failure.Message, StringComparison.Ordinal);
        Assert.Contains("all connections of this process's pool were taken", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsTransient);
    }

    /// <summary>Without a pool size of its own, so that the package's default counts.</summary>
    private async Task<string> ConnectionAsync()
    {
        var builder = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync());
        builder.Remove("Maximum Pool Size");
        return builder.ConnectionString;
    }
}
