using System.Globalization;
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
using WeChat.UnionPush.Callbacks;

namespace WeChat.UnionPush.LoadTests;

/// <summary>A host that takes pushes and keeps receipts, in a separate process so that its memory can be measured.</summary>
internal static class CallbackHost
{
    public const string AppId = "wx0123456789abcdef";
    public const string Token = "Zx81Token";
    public const string EncodingAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    /// <summary>Runs until stopped. The first line printed is the address.</summary>
    public static async Task RunAsync(Store store, string? postgreSql, WeChatCallbackMode mode, CancellationToken stop)
    {
        using var metrics = Metrics.Listen();
        await using var database = await TemporaryDatabase.CreateAsync(Store.Sqlite);
        var builder = WebApplication.CreateSlimBuilder();
        using var lines = new CountedLines();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).ClearProviders().AddProvider(lines);
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
                options.OfficialAccount.Mode = mode;
            })
            .AddReceipts();
        _ = (store, postgreSql) switch
        {
            (_, { } connection) => registration.UsePostgreSql(connection),
            (Store.Sqlite, _) => registration.UseSqlite($"Data Source={database.File}"),
            _ => registration,
        };
        await using var app = builder.Build();
        await app.Services.GetRequiredService<IUnionPushStorage>().EnsureSchemaAsync(stop);

        app.MapWeChatCallback("/wechat/callback");

        // How many of these messages have their outcome, and the peak memory of the process.
        app.MapGet("/settled/{first:long}/{count:int}", async (long first, int count, IMessageReceipts receipts) =>
        {
            var settled = 0;
            foreach (var ids in Enumerable.Range(0, count).Chunk(10_000))
            {
                settled += (await receipts.FindAsync(AppId, [.. ids.Select(i => first + i)], stop)).Count(static receipt => receipt.Status is not null);
            }

            return settled;
        });
        app.MapGet("/memory", () => Memory("VmHWM"));

        // Memory that is resident now in KiB, processor time in milliseconds, and lines in the log from warnings upwards.
        app.MapGet("/now", () => string.Create(CultureInfo.InvariantCulture, $"{Memory("VmRSS")} {Environment.CpuUsage.TotalTime.TotalMilliseconds:0} {lines.Count}"));
        await app.StartAsync(stop);
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await app.WaitForShutdownAsync(stop);
    }

    private static string Memory(string name) =>
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0];

    private sealed class CountedLines : ILoggerProvider, ILogger
    {
        private int _count;

        public int Count => _count;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Interlocked.Increment(ref _count);

        public void Dispose()
        {
        }
    }
}
