namespace WeChat.UnionPush.Testing;

/// <summary>Stands where the network handler stands, and hands each request to the platform.</summary>
internal sealed class PlatformHandler(SimulatedPlatform platform) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // No network answers before the caller has gone on: a client that only works when it does would work here and nowhere else.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        cancellationToken.ThrowIfCancellationRequested();
        var wire = await WireRequest.ReadAsync(request, cancellationToken).ConfigureAwait(false);
        var answer = await platform.AnswerAsync(wire, cancellationToken).ConfigureAwait(false);
        return answer.ToResponse(request);
    }
}
