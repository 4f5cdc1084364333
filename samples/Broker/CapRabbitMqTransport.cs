using System.Diagnostics.CodeAnalysis;
using DotNetCore.CAP;
using DotNetCore.CAP.Internal;
using DotNetCore.CAP.Messages;
using DotNetCore.CAP.Transport;
using RabbitMQ.Client;

namespace BrokerSample;

/// <summary>
/// Sends what CAP has in its outbox to RabbitMQ. RabbitMQ confirms each message, and returns one that no queue takes: both count as failures, so that CAP tries
/// again. Without that a message is lost that is published before the first consumer has bound its queue.
/// </summary>
internal sealed class CapRabbitMqTransport(string address) : ITransport, IAsyncDisposable
{
    public const string Exchange = "cap";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private IConnection? _connection;
    private IChannel? _channel;

    public BrokerAddress BrokerAddress { get; } = new("RabbitMQ", new Uri(address).Authority);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever is thrown, CAP has to know that it was not sent.")]
    public async Task<OperateResult> SendAsync(TransportMessage message)
    {
        await _turn.WaitAsync();
        try
        {
            var channel = await OpenAsync();
            var properties = new BasicProperties { Persistent = true, Headers = message.Headers.ToDictionary(header => header.Key, header => (object?)header.Value) };
            await channel.BasicPublishAsync(Exchange, message.GetName(), mandatory: true, properties, message.Body);
            return OperateResult.Success;
        }
        catch (Exception exception)
        {
            return OperateResult.Failed(new PublisherSentFailedException(exception.Message, exception));
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _turn.Dispose();
    }

    public static Task DeclareAsync(IChannel channel) => channel.ExchangeDeclareAsync(Exchange, ExchangeType.Topic, durable: true);

    private async Task<IChannel> OpenAsync()
    {
        if (_channel is { IsOpen: true } open)
        {
            return open;
        }

        await CloseAsync();
        _connection = await new ConnectionFactory { Uri = new Uri(address) }.CreateConnectionAsync();
        _channel = await _connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        await DeclareAsync(_channel);
        return _channel;
    }

    private async Task CloseAsync()
    {
        if (_connection is { } connection)
        {
            (_connection, _channel) = (null, null);
            await connection.DisposeAsync();
        }
    }
}
