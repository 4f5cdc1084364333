using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush;
using WeChat.UnionPush.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The callback URL (服务器地址 URL) that the console asks for under message push, as an endpoint of ASP.NET Core.</summary>
public static class WeChatCallbackEndpoints
{
    /// <summary>
    /// Takes the pushes of the platform at a URL: answers the verification of the URL, keeps genuine pushes for their handlers, and refuses
    /// everything else. Needs no authorization of its own, even where the app asks for it everywhere: the platform signs what it sends.
    /// </summary>
    /// <param name="endpoints">The app.</param>
    /// <param name="pattern">Path of the URL, such as <c>/wechat/callback</c>.</param>
    /// <param name="registrationName">Name of the registration, when it has one.</param>
    /// <exception cref="InvalidOperationException">There is no such registration, or its callback is not configured.</exception>
    public static IEndpointConventionBuilder MapWeChatCallback(this IEndpointRouteBuilder endpoints, string pattern, string? registrationName = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);

        // Looked up now, so that a missing registration stops the start and not the first push.
        var services = endpoints.ServiceProvider;
        var endpoint = new WeChatCallbackEndpoint(
            (registrationName is null ? services.GetService<IWeChatCallbackReceiver>() : services.GetKeyedService<IWeChatCallbackReceiver>(registrationName))
            ?? throw WithoutCallback(registrationName));
        return endpoints
            .MapMethods(pattern, [HttpMethods.Get, HttpMethods.Post], endpoint.HandleAsync)
            .WithDisplayName("WeChat callback")
            .WithMetadata(new AllowAnonymousAttribute());
    }

    private static InvalidOperationException WithoutCallback(string? registrationName) => new(
        $"MapWeChatCallback found no callback of {(registrationName is null ? "the default registration" : $"the registration '{registrationName}'")}. "
        + $"Call AddCallback() where it is registered: services.AddWeChatUnionPush({(registrationName is null ? "" : $"\"{registrationName}\", ")}…).AddCallback(). "
        + "A registration with a name is mapped by its name: MapWeChatCallback(pattern, name).");
}
