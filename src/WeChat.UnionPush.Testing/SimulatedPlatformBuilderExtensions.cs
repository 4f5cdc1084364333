using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace WeChat.UnionPush.Testing;

/// <summary>Puts the simulated platform in the place of the real one.</summary>
public static class SimulatedPlatformBuilderExtensions
{
    /// <summary>
    /// Answers the registration's calls from a simulated platform in this process; nothing reaches the network. The host's <see cref="TimeProvider"/>
    /// becomes the platform's, so that both live in one time.
    /// </summary>
    /// <param name="builder">The registration.</param>
    /// <param name="platform">The platform, with the registration's Official Account and Mini Program added to it.</param>
    public static WeChatUnionPushBuilder UseSimulator(this WeChatUnionPushBuilder builder, SimulatedPlatform platform)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(platform);
        builder.Services.Replace(ServiceDescriptor.Singleton(platform.TimeProvider));
        return builder.ConfigureHttpClient(client => client.ConfigurePrimaryHttpMessageHandler(platform.CreateHandler));
    }
}
