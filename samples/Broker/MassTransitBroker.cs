using MassTransit;

namespace BrokerSample;

/// <summary>Commands from RabbitMQ through MassTransit.</summary>
internal static class MassTransitBroker
{
    private const string Queue = "push-this";

    /// <summary>For a host that carries commands out.</summary>
    public static void AddConsumer(IServiceCollection services, string address) => services.AddMassTransit(bus =>
    {
        bus.AddConsumer<PushConsumer>();
        bus.UsingRabbitMq((context, rabbit) =>
        {
            rabbit.Host(new Uri(address));
            rabbit.ReceiveEndpoint(Queue, endpoint =>
            {
                // What still fails then is moved to the queue push-this_error.
                endpoint.UseMessageRetry(retry => retry.Intervals(1_000, 5_000, 20_000));
                endpoint.ConfigureConsumer<PushConsumer>(context);
            });
        });
    });

    /// <summary>Sends commands, each so many times, as a sender does who does not know whether the first time worked.</summary>
    public static async Task SendAsync(string address, IReadOnlyList<PushCommand> commands, int times)
    {
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(new Uri(address)));
        await bus.StartAsync();
        try
        {
            var endpoint = await bus.GetSendEndpoint(new Uri($"queue:{Queue}"));
            foreach (var command in commands)
            {
                for (var i = 0; i < times; i++)
                {
                    await endpoint.Send(command);
                }
            }
        }
        finally
        {
            await bus.StopAsync();
        }
    }

    private sealed class PushConsumer(PushDesk desk) : IConsumer<PushCommand>
    {
        public Task Consume(ConsumeContext<PushCommand> context) => desk.PushAsync(context.Message, context.CancellationToken);
    }
}
