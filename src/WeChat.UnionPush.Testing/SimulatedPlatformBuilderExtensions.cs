using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using WeChat.UnionPush;
using WeChat.UnionPush.Testing;

namespace Microsoft.Extensions.DependencyInjection;

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
        return builder.UseStandIn(() => platform.CreateHandler());
    }

    /// <summary>Like <see cref="UseSimulator(WeChatUnionPushBuilder, SimulatedPlatform)"/>, from a machine whose address the accounts' IP whitelists see.</summary>
    /// <param name="builder">The registration.</param>
    /// <param name="platform">The platform, with the registration's Official Account and Mini Program added to it.</param>
    /// <param name="callerAddress">The address that the calls come from.</param>
    public static WeChatUnionPushBuilder UseSimulator(this WeChatUnionPushBuilder builder, SimulatedPlatform platform, IPAddress callerAddress)
    {
        ArgumentNullException.ThrowIfNull(callerAddress);
        return builder.UseSimulator(platform).UseStandIn(() => platform.CreateHandler(callerAddress));
    }
}
