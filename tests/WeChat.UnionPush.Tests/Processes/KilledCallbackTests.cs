using System.Collections.Concurrent;
using System.Net;
using WeChat.UnionPush.MySql;
using WeChat.UnionPush.PostgreSql;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>A host that takes pushes is killed with all of them unhandled. What it had answered with <c>success</c> is handled by the next one.</summary>
public sealed class KilledCallbackTests(PostgreSqlServer server, MariaDbServer mariaDb)
{
    private const int Pushes = 400;

    [Fact]
    public async Task Nothing_that_was_answered_is_lost_on_SQLite()
    {
        using var folder = new TemporaryFolder();
        await RunAsync($"sqlite:{folder["killed.db"]}");
    }

    [Fact]
    public async Task Nothing_that_was_answered_is_lost_on_PostgreSQL()
    {
        var connection = await server.CreateDatabaseAsync();
        await using var storage = new PostgreSqlUnionPushStorage(connection);
        await storage.EnsureSchemaAsync();
        await RunAsync($"postgresql:{connection}");
    }

    [Fact]
    public async Task Nothing_that_was_answered_is_lost_on_MariaDB()
    {
        var connection = await mariaDb.CreateDatabaseAsync();
        await using var storage = new MySqlUnionPushStorage(connection);
        await storage.EnsureSchemaAsync();
        await RunAsync($"mysql:{connection}");
    }

    private static async Task RunAsync(string storage)
    {
        var answered = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var (victim, http) = await HostProcess.StartCallbackAsync(storage, hangs: true);
        await using (victim)
        {
            using (http)
            {
                // The kill falls between answers: half of the pushes have one, the others are on their way or refused by nobody any more.
                var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var posting = Enumerable.Range(0, Pushes).Select(i => Task.Run(async () =>
                {
                    // What is not answered is brought again, as by the platform: a host that has just begun may be too slow for so many at once.
                    while (!await PostAsync(http, i))
                    {
                        if (half.Task.IsCompleted)
                        {
                            return;
                        }

                        await Task.Delay(20);
                    }

                    answered.TryAdd(KeyOf(i), true);
                    if (answered.Count >= Pushes / 2)
                    {
                        half.TrySetResult();
                    }
                })).ToArray();
                Assert.True(await Task.WhenAny(half.Task, Task.Delay(Runs.Patience)) == half.Task, $"{answered.Count} of {Pushes} pushes were answered.");
                await victim.KillAsync();
                await Task.WhenAll(posting);
            }
        }

        Assert.InRange(answered.Count, Pushes / 2, Pushes);
        var (heir, _) = await HostProcess.StartCallbackAsync(storage, hangs: false);
        await using (heir)
        {
            var missing = answered.Keys.ToHashSet(StringComparer.Ordinal);
            while (missing.Count > 0)
            {
                missing.Remove(await heir.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)));
            }
        }
    }

    private static string KeyOf(int i) => $"o{i}";

    private static long Time { get; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static async Task<bool> PostAsync(HttpClient http, int i)
    {
        var encrypted = PlatformPush.Encrypt(
            $"<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>o{i}</FromUserName><CreateTime>{Time}</CreateTime><MsgType>event</MsgType><Event>CLICK</Event></xml>");
        var query = PlatformPush.SafeQuery(encrypted, Time);
        try
        {
            using var content = new ByteArrayContent(PlatformPush.SafeBody(encrypted));
            using var answer = await http.PostAsync(
                new Uri($"/wechat/callback?signature={query.Signature}&timestamp={query.Timestamp}&nonce={query.Nonce}&encrypt_type=aes&msg_signature={query.MessageSignature}",
                    UriKind.Relative), content);
            return answer.StatusCode == HttpStatusCode.OK && await answer.Content.ReadAsStringAsync() == "success";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
        {
            // The host died first, or was too slow.
            return false;
        }
    }
}
