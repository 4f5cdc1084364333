using WeChat.UnionPush;
using WeChat.UnionPush.Callbacks;

namespace WebHost;

/// <summary>The host's own handler, in addition to those of the library.</summary>
internal sealed partial class Greeter(ILogger<Greeter> logger) : IWeChatEventHandler
{
    public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
    {
        switch (received)
        {
            case SubscribeEvent subscribe:
                LogFollowed(subscribe.Scene ?? "no scan");
                break;
            case TemplateSendJobFinishEvent finished:
                LogFinished(finished.MessageId, finished.Status);
                break;
        }

        return ValueTask.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Somebody follows ({Scene})")]
    private partial void LogFollowed(string scene);

    [LoggerMessage(Level = LogLevel.Information, Message = "Message {MessageId} ended: {Status}")]
    private partial void LogFinished(long messageId, TemplateDeliveryStatus status);
}
