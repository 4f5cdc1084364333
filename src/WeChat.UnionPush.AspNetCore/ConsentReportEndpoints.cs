using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush;
using WeChat.UnionPush.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Where the Mini Program reports what its users answered to the question for subscribe messages, as an endpoint of ASP.NET Core.</summary>
public static class ConsentReportEndpoints
{
    /// <summary>
    /// Takes what <c>wx.requestSubscribeMessage</c> answered, as the Mini Program posts it: the object that its <c>success</c> gets, and beside it, where the
    /// Mini Program asked <c>wx.getSetting</c> with <c>withSubscriptions</c>, the member <c>subscriptionsSetting</c> of that answer. Answers 204, 401 where
    /// nobody is signed in, and 400 or 413 for what cannot be such a report.
    /// </summary>
    /// <remarks>A client can lie about its own user's taps only. What it claims too much costs a call that the platform refuses, which sets the count right.</remarks>
    /// <param name="endpoints">The app.</param>
    /// <param name="pattern">Path of the URL, such as <c>/subscriptions</c>.</param>
    /// <param name="openIdOf">Gives the Mini Program openid of the signed-in user from the host's own session, or <see langword="null"/> where nobody is signed in. It must never
    /// come from the body.</param>
    /// <param name="registrationName">Name of the registration, when it has one.</param>
    /// <exception cref="InvalidOperationException">There is no such registration.</exception>
    public static IEndpointConventionBuilder MapConsentReports(
        this IEndpointRouteBuilder endpoints, string pattern, Func<HttpContext, ValueTask<string?>> openIdOf, string? registrationName = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(openIdOf);

        // Looked up now, so that a missing registration stops the start and not the first report.
        var services = endpoints.ServiceProvider;
        var consents = (registrationName is null ? services.GetService<ISubscribeConsents>() : services.GetKeyedService<ISubscribeConsents>(registrationName))
            ?? throw new InvalidOperationException(
                $"MapConsentReports found no {(registrationName is null ? "default registration" : $"registration '{registrationName}'")}. "
                + "Call services.AddWeChatUnionPush first.");
        var endpoint = new ConsentReportEndpoint(consents, openIdOf);
        return endpoints.MapMethods(pattern, [HttpMethods.Post], endpoint.HandleAsync).WithDisplayName("WeChat consent reports");
    }
}
