using System.Globalization;
using Microsoft.Data.Sqlite;
using WeChat.UnionPush.MySql;
using WeChat.UnionPush.PostgreSql;
using WeChat.UnionPush.Sqlite;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>Two processes write one store and are killed in the middle of it, three times at every run, fifty where <c>UNIONPUSH_FULL</c> is set.</summary>
public sealed class KilledWriterTests(PostgreSqlServer server, MariaDbServer mariaDb)
{
    [Fact]
    public async Task Killed_writers_never_damage_a_SQLite_file_nor_leave_half_a_batch()
    {
        using var folder = new TemporaryFolder();
        await using (var storage = new SqliteUnionPushStorage($"Data Source={folder["killed.db"]}"))
        {
            await RunAsync($"sqlite:{folder["killed.db"]}", storage.Identities);
        }

        await using var connection = new SqliteConnection($"Data Source={folder["killed.db"]};Pooling=False");
        await connection.OpenAsync();
        await using var check = connection.CreateCommand();
        check.CommandText = "pragma integrity_check";
        Assert.Equal("ok", await check.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Killed_writers_leave_no_half_a_batch_in_PostgreSQL()
    {
        var connection = await server.CreateDatabaseAsync();
        await using var storage = new PostgreSqlUnionPushStorage(connection);
        await storage.EnsureSchemaAsync();
        await RunAsync($"postgresql:{connection}", storage.Identities);
    }

    [Fact]
    public async Task Killed_writers_leave_no_half_a_batch_in_MariaDB()
    {
        var connection = await mariaDb.CreateDatabaseAsync();
        await using var storage = new MySqlUnionPushStorage(connection);
        await storage.EnsureSchemaAsync();
        await RunAsync($"mysql:{connection}", storage.Identities);
    }

    private static async Task RunAsync(string storage, IUnionIdRepository identities)
    {
        var random = new Random(20261122);
        var running = new (string Name, HostProcess Process, int Saved)[2];
        var started = 0;
        Task StartAsync(int slot)
        {
            var name = $"w{started++}";
            running[slot] = (name, HostProcess.StartSave(storage, name), -1);
            return ReadAsync(slot);
        }

        async Task ReadAsync(int slot) => running[slot].Saved = int.Parse(await running[slot].Process.ReadLineAsync(), CultureInfo.InvariantCulture);

        try
        {
            await StartAsync(0);
            await StartAsync(1);
            for (var kill = 0; kill < (Runs.IsFull ? 50 : 3); kill++)
            {
                // The victim is writing its next batch by now, or waits for the other to be through with its own.
                var victim = random.Next(2);
                for (var batches = random.Next(1, 8); batches > 0; batches--)
                {
                    await ReadAsync(victim);
                }

                await running[victim].Process.KillAsync();
                await AssertWholeAsync(victim);
                await running[victim].Process.DisposeAsync();
                await StartAsync(victim);
            }
        }
        finally
        {
            foreach (var (_, process, _) in running)
            {
                await (process?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }

        async Task AssertWholeAsync(int slot)
        {
            var (name, process, saved) = running[slot];
            var reported = saved + (await process.ReadToEndAsync()).Count(character => character == '\n');

            // Every batch that was reported is there whole. The one after it was in flight: whole too, or not there at all.
            for (var number = 0; number <= reported + 1; number++)
            {
                var found = await identities.FindAsync($"{name}-{number}", [.. Enumerable.Range(0, 1000).Select(i => $"o{i}")]);
                Assert.True(
                    found.Count == 1000 || (number == reported + 1 && found.Count == 0),
                    $"{name} reported batches up to {reported}; {found.Count} identities of batch {number} are there.");
            }

            Assert.Empty(await identities.FindAsync($"{name}-{reported + 2}", ["o0"]));
        }
    }
}
