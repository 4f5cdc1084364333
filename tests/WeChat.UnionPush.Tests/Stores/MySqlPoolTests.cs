using MySqlConnector;
using WeChat.UnionPush.MySql;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>Many calls at once wait for a connection and are not lost.</summary>
public sealed class MySqlPoolTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--max-connections=10")]
    [InlineData("--max-user-connections=3")]
    public async Task A_server_without_a_connection_left_is_asked_again(string option)
    {
        // The limits of users do not reach root.
        await using var server = new MariaDbServer { Options = [option] };
        var connection = new MySqlConnectionStringBuilder(await server.CreateDatabaseAsync());
        await using (var admin = new MySqlConnection($"{connection.ConnectionString};Allow User Variables=true"))
        {
            await admin.OpenAsync(Cancelled);
            await using var command = new MySqlCommand($"create user limited@'127.0.0.1'; grant all on {connection.Database}.* to limited@'127.0.0.1'", admin);
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        connection.UserID = "limited";
        connection.ConnectionTimeout = 120;
        await using var storage = new MySqlUnionPushStorage(connection.ConnectionString);
        await storage.EnsureSchemaAsync(Cancelled);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => storage.Identities.SaveAsync([new("wx", $"o{i}")], Cancelled).AsTask(), Cancelled)));
        Assert.Equal(200, (await storage.Identities.FindAsync("wx", [.. Enumerable.Range(0, 200).Select(i => $"o{i}")], Cancelled)).Count);
    }

    [Fact]
    public async Task What_to_do_is_said_when_the_server_has_no_connection_in_time()
    {
        await using var server = new MariaDbServer { Options = ["--max-user-connections=1"] };
        var connection = new MySqlConnectionStringBuilder(await server.CreateDatabaseAsync());
        await using (var admin = new MySqlConnection($"{connection.ConnectionString};Allow User Variables=true"))
        {
            await admin.OpenAsync(Cancelled);
            await using var command = new MySqlCommand($"create user limited@'127.0.0.1'; grant all on {connection.Database}.* to limited@'127.0.0.1'", admin);
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        connection.UserID = "limited";
        await using var taken = new MySqlConnection(connection.ConnectionString);
        await taken.OpenAsync(Cancelled);

        // Only now, for it limits how long connecting itself may take too.
        connection.ConnectionTimeout = 4;
        await using var storage = new MySqlUnionPushStorage(connection.ConnectionString);
        var failure = await Assert.ThrowsAsync<UnionPushStorageException>(() => storage.Identities.FindAsync("wx", ["o1"], Cancelled).AsTask());
        Assert.Contains("Maximum Pool Size", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsTransient);
    }
}
