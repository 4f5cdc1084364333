using DotNetCore.CAP;
using DotNetCore.CAP.Persistence;
using DotNetCore.CAP.Transport;
using Npgsql;

namespace BrokerSample;

/// <summary>Commands from RabbitMQ through CAP, which keeps what is sent and what is received in PostgreSQL until it is done.</summary>
internal static class CapBroker
{
    private const string Topic = "push-this";

    /// <summary>For a host that carries commands out.</summary>
    public static void AddConsumer(IServiceCollection services, string address, string database, int retryAfterSeconds)
    {
        services.AddTransient<PushSubscriber>();
        Add(services, address, database, retryAfterSeconds);
    }

    /// <summary>Creates CAP's tables, before its hosts start: at start each creates them by itself, and of two at once one may fail and go on without them.</summary>
    public static async Task CreateTablesAsync(IServiceProvider services, string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        await using var turn = new NpgsqlCommand("select pg_advisory_lock(hashtext('cap'))", connection);
        await turn.ExecuteNonQueryAsync();
        await services.GetRequiredService<IStorageInitializer>().InitializeAsync(CancellationToken.None);
        await using var done = new NpgsqlCommand("select pg_advisory_unlock(hashtext('cap'))", connection);
        await done.ExecuteNonQueryAsync();
    }

    /// <summary>Sends commands, each so many times, and waits until RabbitMQ has put all of them into a queue.</summary>
    public static async Task SendAsync(string address, string database, int retryAfterSeconds, IReadOnlyList<PushCommand> commands, int times)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        Add(builder.Services, address, database, retryAfterSeconds);
        using var host = builder.Build();
        await CreateTablesAsync(host.Services, database);
        await host.StartAsync();
        var publisher = host.Services.GetRequiredService<ICapPublisher>();
        foreach (var command in commands)
        {
            for (var i = 0; i < times; i++)
            {
                await publisher.PublishAsync(Topic, command);
            }
        }

        await using var source = NpgsqlDataSource.Create(database);
        await using var count = source.CreateCommand("""select count(*) from cap.published where "StatusName" <> 'Succeeded'""");
        while ((long)(await count.ExecuteScalarAsync())! > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        await host.StopAsync();
    }

    private static void Add(IServiceCollection services, string address, string database, int retryAfterSeconds) => services.AddCap(cap =>
    {
        cap.UsePostgreSql(database);
        cap.RegisterExtension(new RabbitMqExtension(address));

        // What failed, and what a killed host had received, is tried again after so many seconds.
        cap.FailedRetryInterval = retryAfterSeconds;
        cap.FallbackWindowLookbackSeconds = retryAfterSeconds;
        cap.UseStorageLock = true;
    });

    /// <summary>Makes CAP use the transport of this sample.</summary>
    private sealed class RabbitMqExtension(string address) : ICapOptionsExtension
    {
        public void AddServices(IServiceCollection services)
        {
            services.AddSingleton(new CapMessageQueueMakerService("RabbitMQ"));
            services.AddSingleton<ITransport>(new CapRabbitMqTransport(address));
            services.AddSingleton<IConsumerClientFactory>(new CapRabbitMqConsumers(address));
        }
    }
}

/// <summary>Takes commands from CAP.</summary>
/// <param name="desk">Carries it out.</param>
public sealed class PushSubscriber(PushDesk desk) : ICapSubscribe
{
    /// <summary>Carries a command out. An exception has CAP try it again.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    [CapSubscribe("push-this")]
    public Task PushAsync(PushCommand command, CancellationToken cancellationToken) => desk.PushAsync(command, cancellationToken);
}
