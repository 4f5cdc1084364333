using System.Text;
using DotNetCore.CAP.Messages;
using DotNetCore.CAP.Transport;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace BrokerSample;

/// <summary>Makes the consumers that CAP asks for: one for each group of subscribers, which has a queue of its own.</summary>
internal sealed class CapRabbitMqConsumers(string address) : IConsumerClientFactory
{
    public async Task<IConsumerClient> CreateAsync(string groupName, byte groupConcurrent)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(address) }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        await CapRabbitMqTransport.DeclareAsync(channel);
        await channel.QueueDeclareAsync(groupName, durable: true, exclusive: false, autoDelete: false);
        return new CapRabbitMqConsumer(connection, channel, groupName, Math.Max((ushort)1, (ushort)groupConcurrent), new("RabbitMQ", new Uri(address).Authority));
    }
}

/// <summary>Hands messages of a queue to CAP, which writes them to its table and then confirms them.</summary>
internal sealed class CapRabbitMqConsumer(IConnection connection, IChannel channel, string queue, ushort atOnce, BrokerAddress address) : IConsumerClient
{
    public BrokerAddress BrokerAddress => address;

    public Func<TransportMessage, object?, Task>? OnMessageCallback { get; set; }

    public Action<LogMessageEventArgs>? OnLogCallback { get; set; }

    public async Task SubscribeAsync(IEnumerable<string> topics)
    {
        foreach (var topic in topics)
        {
            await channel.QueueBindAsync(queue, CapRabbitMqTransport.Exchange, topic);
        }
    }

    public async Task ListeningAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await channel.BasicQosAsync(prefetchSize: 0, atOnce, global: false, cancellationToken);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += ReceiveAsync;
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public async Task CommitAsync(object? sender) => await channel.BasicAckAsync((ulong)sender!, multiple: false);

    public async Task RejectAsync(object? sender) => await channel.BasicRejectAsync((ulong)sender!, requeue: true);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task ReceiveAsync(object sender, BasicDeliverEventArgs delivery)
    {
        var headers = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (key, value) in delivery.BasicProperties.Headers ?? new Dictionary<string, object?>())
        {
            headers[key] = value is byte[] text ? Encoding.UTF8.GetString(text) : value?.ToString();
        }

        headers[DotNetCore.CAP.Messages.Headers.Group] = queue;

        // RabbitMQ's buffer is used again once this returns.
        await OnMessageCallback!(new TransportMessage(headers, delivery.Body.ToArray()), delivery.DeliveryTag);
    }
}
