using WeChat.UnionPush;

namespace BrokerSample;

/// <summary>Carries a command out, whichever broker brought it.</summary>
/// <param name="push">Pushes.</param>
/// <param name="configuration">Names the template.</param>
/// <param name="logger">The log.</param>
public sealed partial class PushDesk(IUnionPush push, IConfiguration configuration, ILogger<PushDesk> logger)
{
    /// <summary>
    /// Pushes. A broker delivers again what it does not know to be done, and two consumers may hold one command at the same time; the command's id makes all of
    /// them one message. An exception tells the broker to deliver again later.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Cancels the push, which the same command makes certain.</param>
    public async Task PushAsync(PushCommand command, CancellationToken cancellationToken)
    {
        var message = TemplateMessage.Create(configuration["Broker:TemplateId"]!).Thing("thing1", command.Text).IdempotencyKey(command.Id).Build();
        var result = await push.PushOnceAsync(command.OpenId, message, cancellationToken);
        if (result.Status == PushStatus.Unknown)
        {
            // The same command makes it certain within minutes. Where it cannot, it ends up where a human looks.
            throw new InvalidOperationException($"It is not known whether command {command.Id} was carried out. {result.Reason}");
        }

        // Whoever does not follow, or refuses, is no reason to deliver the command again.
        LogDone(command.Id, result.Status, result.Reason);
    }

    [LoggerMessage(1, LogLevel.Information, "Command {Id}: {Status} {Reason}")]
    private partial void LogDone(string id, PushStatus status, string? reason);
}
