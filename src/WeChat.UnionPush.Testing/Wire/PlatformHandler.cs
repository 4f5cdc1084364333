using System.Net;

namespace WeChat.UnionPush.Testing;

/// <summary>Takes the place of the network handler and passes each request to the platform.</summary>
internal sealed class PlatformHandler(SimulatedPlatform platform, IPAddress caller) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A network never answers synchronously. A client that depends on a synchronous answer would work only here.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        cancellationToken.ThrowIfCancellationRequested();
        var wire = await WireRequest.ReadAsync(request, caller, cancellationToken).ConfigureAwait(false);
        var answer = await platform.AnswerAsync(wire, cancellationToken).ConfigureAwait(false);
        var response = answer.ToResponse(request);
        response.Headers.Date = platform.Now;
        return response;
    }
}
