using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// The last handler before the network, below all that a host adds. Each attempt of a call goes out once: a handler above that sends it again gets the
/// outcome of the first time. A request that may not arrive twice goes out on a connection of its own, and on no other.
/// </summary>
/// <remarks>
/// SocketsHttpHandler itself repeats a request without a body up to three times, each time on another connection, when the connection closes without an
/// answer, though the server may have read the request. A handler of its own for the request sees that second connection come. A connection of its own
/// cannot have been closed while it was idle, either.
/// </remarks>
internal sealed class WireHandler : HttpMessageHandler
{
    private readonly Network _shared;
    private readonly Func<OneConnection, HttpMessageHandler>? _makeFresh;
    private readonly SemaphoreSlim _turns;
    private readonly ILogger _logger;
    private int _wasRepeated;

    /// <param name="shared">Sends requests that may arrive twice.</param>
    /// <param name="makeFresh">Makes a handler for one request that may not; <see langword="null"/> where the shared one must do.</param>
    /// <param name="connections">How many of these there are at the same time.</param>
    /// <param name="logger">The log.</param>
    public WireHandler(HttpMessageHandler shared, Func<OneConnection, HttpMessageHandler>? makeFresh, int connections, ILogger logger)
    {
        _shared = new Network(shared);
        _makeFresh = makeFresh;
        _turns = new SemaphoreSlim(connections);
        _logger = logger;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (ApiRequest.Of(request) is not { } attempt)
        {
            return _shared.PassAsync(request, cancellationToken);
        }

        return attempt.TryBegin()
            ? attempt.Sent = attempt.WorksOnce ? SendOnceAsync(attempt, request, cancellationToken) : _shared.PassAsync(request, cancellationToken)
            : OutcomeOf(attempt);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _shared.Dispose();
            _turns.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(ApiRequest attempt, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return _makeFresh is null
                ? await _shared.PassAsync(request, cancellationToken).ConfigureAwait(false)
                : await SendFreshAsync(attempt, request, _makeFresh, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (ApiRequest.IsNoConnection(exception))
        {
            attempt.HadNoConnection = true;
            throw;
        }
    }

    private async Task<HttpResponseMessage> SendFreshAsync(
        ApiRequest attempt, HttpRequestMessage request, Func<OneConnection, HttpMessageHandler> makeFresh, CancellationToken cancellationToken)
    {
        attempt.HadNoConnection = true;
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        attempt.HadNoConnection = false;
        var connection = new OneConnection();
        HttpResponseMessage? response = null;
        try
        {
            using var network = new Network(makeFresh(connection));
            response = await network.PassAsync(request, cancellationToken).ConfigureAwait(false);

            // The connection ends here, so the answer is read before.
#if NET9_0_OR_GREATER
            await response.Content.LoadIntoBufferAsync(AnswerReader.MaxBytes, cancellationToken).ConfigureAwait(false);
#else
            await response.Content.LoadIntoBufferAsync(AnswerReader.MaxBytes).WaitAsync(cancellationToken).ConfigureAwait(false);
#endif
            return response;
        }
        catch (Exception exception)
        {
            response?.Dispose();
            if (connection.WasWantedAgain)
            {
                // The handler says that it found no second connection. That is not what happened.
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection was closed without an answer.", exception);
            }

            throw;
        }
        finally
        {
            _turns.Release();
        }
    }

    private Task<HttpResponseMessage> OutcomeOf(ApiRequest attempt)
    {
        if (Interlocked.Exchange(ref _wasRepeated, 1) == 0)
        {
            Log.RepeatNotSent(_logger, attempt.Path);
        }

        return attempt.Sent switch
        {
            // The body was the first reader's. The status tells the caller enough: nobody repeats a success.
            { IsCompletedSuccessfully: true } answered => Task.FromResult(new HttpResponseMessage(answered.Result.StatusCode) { RequestMessage = attempt }),
            { IsCompleted: true } failed => failed,
            _ => Task.FromException<HttpResponseMessage>(new HttpRequestException($"{attempt.Path} is under way already, and an attempt of a call is sent once.")),
        };
    }

    /// <summary>Opens a handler's protected method.</summary>
    private sealed class Network(HttpMessageHandler handler) : DelegatingHandler(handler)
    {
        public Task<HttpResponseMessage> PassAsync(HttpRequestMessage request, CancellationToken cancellationToken) => SendAsync(request, cancellationToken);
    }
}
