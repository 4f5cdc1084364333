using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.AspNetCore;
using WeChat.UnionPush.Bare;
using WeChat.UnionPush.PostgreSql;

namespace WeChat.UnionPush.LoadTests;

/// <summary>A host that takes pushes and keeps receipts, in a process of its own so that its memory is its own.</summary>
internal static class CallbackHost
{
    public const string AppId = "wx0123456789abcdef";
    public const string Token = "Zx81Token";
    public const string EncodingAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    /// <summary>Runs until stopped. The first line printed is the address.</summary>
    public static async Task RunAsync(Store store, string? postgreSql, CancellationToken stop)
    {
        using var metrics = Metrics.Listen();
        using var database = new TemporaryDatabase();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var registration = builder.Services
            .AddWeChatUnionPush(options =>
            {
                options.OfficialAccount.AppId = AppId;
                options.OfficialAccount.AppSecret = new string('0', 32);
                options.MiniProgram.AppId = "wxfedcba9876543210";
                options.MiniProgram.AppSecret = new string('1', 32);
            })
            .AddCallback(options =>
            {
                options.OfficialAccount.Token = Token;
                options.OfficialAccount.EncodingAesKey = EncodingAesKey;
            })
            .AddReceipts();
        _ = (store, postgreSql) switch
        {
            (_, { } connection) => registration.UsePostgreSql(connection),
            (Store.Sqlite, _) => registration.UseSqlite($"Data Source={database.File}"),
            _ => registration,
        };
        await using var app = builder.Build();
        if (app.Services.GetService<PostgreSqlUnionPushStorage>() is { } storage)
        {
            await storage.EnsureSchemaAsync(stop);
        }

        app.MapWeChatCallback("/wechat/callback");

        // How many of these messages have their outcome, and the most memory that the process ever held.
        app.MapGet("/settled/{first:long}/{count:int}", async (long first, int count, IMessageReceipts receipts) =>
        {
            var settled = 0;
            foreach (var ids in Enumerable.Range(0, count).Chunk(10_000))
            {
                settled += (await receipts.FindAsync(AppId, [.. ids.Select(i => first + i)], stop)).Count(static receipt => receipt.Status is not null);
            }

            return settled;
        });
        app.MapGet("/memory", () => File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0]);
        await app.StartAsync(stop);
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await app.WaitForShutdownAsync(stop);
    }
}
