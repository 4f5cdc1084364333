using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.StandIn;

namespace WeChat.UnionPush.Tests.StandIn;

/// <summary>A host as a user builds it, with the default HTTP handler, and the stand-in on a loopback port as its platform.</summary>
internal sealed class StandInHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly LogLines _log = new();

    public StandInHost(Mischief mischief = Mischief.None, int seed = 1, Action<WeChatUnionPushOptions>? configure = null)
    {
        Platform = StandInPlatform.Start(mischief, seed);
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_log));
        services.AddWeChatUnionPush(options =>
        {
            options.OfficialAccount.AppId = Ledger.OfficialAccountAppId;
            options.OfficialAccount.AppSecret = Platform.Ledger.OfficialAccountSecret;
            options.MiniProgram.AppId = Ledger.MiniProgramAppId;
            options.MiniProgram.AppSecret = Platform.Ledger.MiniProgramSecret;
            options.ApiBaseAddress = Platform.Address;

            // However slow the machine is, no limit ends anything; and what is repeated is repeated at once.
            options.Http.AttemptTimeout = TimeSpan.FromMinutes(1);
            options.Http.TotalTimeout = TimeSpan.FromMinutes(4);
            options.Http.RetryDelay = TimeSpan.FromMilliseconds(1);
            options.AccessToken.RefreshTimeout = TimeSpan.FromMinutes(1);
            options.TemplateMessages.MaxPerSecond = 0;
            configure?.Invoke(options);
        });
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public StandInPlatform Platform { get; }

    public Ledger Ledger => Platform.Ledger;

    public IUnionPush Push => Get<IUnionPush>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Nobody broke a rule, and no secret is in a log.</summary>
    public void AssertNoViolation()
    {
        Assert.Empty(Platform.Violations);
        var secrets = Ledger.Secrets.SelectMany(secret => new[] { secret, Uri.EscapeDataString(secret) }).ToHashSet();
        Assert.DoesNotContain(_log.Lines, line => secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal)));
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Platform.DisposeAsync();
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            _lines.Enqueue($"scope {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
