using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Tests;

/// <summary>Keeps what one host logs, by event id.</summary>
internal sealed class LogBook : ILoggerProvider, ILogger<AccessTokenCache>, ILogger<ApiTransport>
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _lines = new();

    public int Count(int eventId) => _lines.Count(line => line.Id == eventId);

    public IReadOnlyList<string> Texts(int eventId) => [.. _lines.Where(line => line.Id == eventId).Select(line => line.Text)];

    public IReadOnlyList<string> All => [.. _lines.Select(line => line.Text)];

    public LogLevel LevelOf(int eventId) => _lines.First(line => line.Id == eventId).Level;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Id, logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
