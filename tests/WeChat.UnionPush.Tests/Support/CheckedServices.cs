using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Tests;

/// <summary>Containers of tests are checked when they are built: each service can be made, and none that lives longer holds a scoped one.</summary>
internal static class CheckedServices
{
    // Hides the method of the same name, which checks nothing, in all tests.
    public static ServiceProvider BuildServiceProvider(this IServiceCollection services) =>
        services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
}
