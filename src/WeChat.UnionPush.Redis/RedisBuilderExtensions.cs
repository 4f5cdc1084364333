using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using WeChat.UnionPush;
using WeChat.UnionPush.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Shares tokens and pace over Redis.</summary>
public static class RedisBuilderExtensions
{
    /// <summary>
    /// Shares access tokens, the pace of messages and the count of the day's calls over Redis, beside whatever store keeps the rest. A Redis that is down, slow
    /// or restarted empty costs a warning, never a send: each process then fetches its token and keeps its pace by itself.
    /// </summary>
    /// <param name="builder">The registration. Called after the store that keeps the rest was chosen. Named ones without a choice of their own use the default one's.</param>
    /// <param name="configuration">As StackExchange.Redis reads it, such as <c>localhost:6379</c> or <c>redis:6379,password=…,ssl=true</c>. Where it does
    /// not say otherwise, commands take at most a second (<c>asyncTimeout</c>), and nothing fails at the start (<c>abortConnect=false</c>).</param>
    /// <exception cref="ArgumentException">The configuration is empty or cannot be read.</exception>
    public static WeChatUnionPushBuilder UseRedis(this WeChatUnionPushBuilder builder, string configuration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = RedisDatabase.Read(configuration);
        return Use(builder, _ => new RedisDatabase(options));
    }

    /// <summary>The same over a connection of the host's, which stays the host's to configure and to dispose.</summary>
    /// <param name="builder">The registration. Called after the store that keeps the rest was chosen.</param>
    /// <param name="connection">Finds the connection among the host's services.</param>
    public static WeChatUnionPushBuilder UseRedis(this WeChatUnionPushBuilder builder, Func<IServiceProvider, IConnectionMultiplexer> connection)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(connection);
        return Use(builder, services => new RedisDatabase(connection(services)));
    }

    private static WeChatUnionPushBuilder Use(WeChatUnionPushBuilder builder, Func<IServiceProvider, RedisDatabase> database)
    {
        var key = builder.ServiceKey;
        builder.Services.Add(new ServiceDescriptor(typeof(RedisDatabase), key, (services, _) => database(services), ServiceLifetime.Singleton));
        builder.UseAccessTokenStore(services => new RedisAccessTokenStore(Database(services), services.GetRequiredService<TimeProvider>()));
        return builder.UseSharedPace(services =>
            new RedisSharedPace(Database(services), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<RedisSharedPace>>()));

        RedisDatabase Database(IServiceProvider services) => key is null ? services.GetRequiredService<RedisDatabase>() : services.GetRequiredKeyedService<RedisDatabase>(key);
    }
}
