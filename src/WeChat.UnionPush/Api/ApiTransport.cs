using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace WeChat.UnionPush;

/// <summary>
/// The one road to the platform: builds the request, makes the attempts, and repeats what may be repeated. Gives back the answer whatever its
/// <c>errcode</c>, for the caller to judge; throws when there is no readable answer.
/// </summary>
internal sealed class ApiTransport : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly ApiHosts _hosts;
    private readonly ApiAddresses _addresses;
    private readonly AttemptJudge _judge;
    private readonly ApiTimeouts _timeouts;
    private readonly WeChatHttpOptions _http;
    private readonly ILogger _logger;
    private ResiliencePipeline? _retries;

    /// <param name="invoker">Sends requests.</param>
    /// <param name="addresses">Where the platform is, in the order of preference.</param>
    /// <param name="http">Time limits and retries.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public ApiTransport(HttpMessageInvoker invoker, Uri[] addresses, WeChatHttpOptions http, TimeProvider time, ILogger<ApiTransport> logger)
    {
        _invoker = invoker;
        _hosts = new ApiHosts(addresses, time);
        _addresses = new ApiAddresses(_hosts);
        _judge = new AttemptJudge(_hosts);
        _timeouts = new ApiTimeouts(time);
        _http = http;
        _logger = logger;
        Time = time;
    }

    public TimeProvider Time { get; }

    /// <summary>How long a call may take, and how long it may wait for its turn before.</summary>
    public TimeSpan TotalTimeout => _http.TotalTimeout;

    /// <summary>Made when it is first needed: most processes start without, and many end so.</summary>
    private ResiliencePipeline Retries => LazyInitializer.EnsureInitialized(ref _retries, () => new ResiliencePipelineBuilder { TimeProvider = Time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = static arguments => new(arguments.Outcome.Result is ApiAttempt { MayRepeat: true }),
            MaxRetryAttempts = _http.MaxRetries,
            Delay = _http.RetryDelay,
            MaxDelay = TimeSpan.FromSeconds(5),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build());

    public void Dispose() => _invoker.Dispose();

    /// <summary>Makes a call that keeps to no limits of pace.</summary>
    /// <inheritdoc cref="SendAsync(ApiEndpoint, AccessToken?, string?, ReadOnlyMemory{byte}, CallQueue?, CancellationToken)"/>
    public async ValueTask<TAnswer> SendAsync<TAnswer>(
        ApiEndpoint<TAnswer> endpoint, AccessToken? token, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer => (TAnswer)await SendAsync(endpoint, token, query, body, queue: null, cancellationToken).ConfigureAwait(false);

    /// <summary>Makes a call. The answer is of the endpoint's type.</summary>
    /// <param name="endpoint">The API.</param>
    /// <param name="token">The access token that goes into the query, where the API takes one.</param>
    /// <param name="query">Further query, escaped, without a leading <c>?</c> or <c>&amp;</c>. May carry a secret.</param>
    /// <param name="body">The JSON body of a POST. Not to be returned to a pool when the call fails: a connection may still be reading it.</param>
    /// <param name="queue">Paces the attempts after the first, whose turn the caller has waited for; <see langword="null"/> where the API has no pace.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ApiAnswer> SendAsync(
        ApiEndpoint endpoint, AccessToken? token, string? query, ReadOnlyMemory<byte> body, CallQueue? queue, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.StartCall(endpoint.Path, endpoint.Method.Method);
        var started = Time.GetTimestamp();
        var attempt = await AttemptAsync(endpoint, token, query, body, _http.TotalTimeout, cancellationToken).ConfigureAwait(false);
        if (attempt.MayRepeat && _http.MaxRetries > 0)
        {
            attempt = await RepeatAsync(attempt, started, endpoint, token, query, body, queue, cancellationToken).ConfigureAwait(false);
        }

        if (Telemetry.CallDuration.Enabled || activity is not null)
        {
            Telemetry.CallEnded(endpoint.Path, activity, Time.GetElapsedTime(started), attempt.Error);
        }

        if (attempt.Answer is { } answer)
        {
            answer.FollowsLostAnswer = attempt.IsLost;
            return answer;
        }

        throw attempt is { IsLost: true, Failure.OutcomeUnknown: false } ? WeChatApiErrors.Lost(endpoint.Path, attempt.Failure) : attempt.Failure!;
    }

    private async Task<ApiAttempt> RepeatAsync(
        ApiAttempt first, long started, ApiEndpoint endpoint, AccessToken? token, string? query, ReadOnlyMemory<byte> body, CallQueue? queue,
        CancellationToken cancellationToken)
    {
        var left = _http.TotalTimeout - Time.GetElapsedTime(started);
        if (left <= TimeSpan.Zero)
        {
            return first;
        }

        // Ends the waits between the attempts. An attempt itself ends by its own clock, for only that way is it known to be lost.
        using var total = new CancellationTokenSource(left, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, total.Token);
        var last = first;
        var made = 0;
        try
        {
            // The pipeline's first execution hands it the attempt that has been made already, so a call that succeeds at once never pays for it.
            return await Retries.ExecuteAsync(
                async stop =>
                {
                    if (made++ > 0)
                    {
                        if (queue is not null)
                        {
                            await queue.PaceAsync(stop).ConfigureAwait(false);
                        }

                        Log.CallRepeated(_logger, endpoint.Path, made, last.Reason);
                        Telemetry.CallRepeated(endpoint.Path);
                        var next = await AttemptAsync(endpoint, token, query, body, _http.TotalTimeout - Time.GetElapsedTime(started), cancellationToken).ConfigureAwait(false);

                        // Of several failures, an answer that cannot be read tells most: what was asked for may be what spoils it.
                        var isTold = last.Failure is { IsUnreadable: true } && next.Failure is { OutcomeUnknown: true, IsUnreadable: false };
                        last = next with { IsLost = next.IsLost || last.IsLost, Failure = isTold ? last.Failure : next.Failure };
                    }

                    return last;
                },
                either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return last;
        }
        catch (OperationCanceledException)
        {
            // The linked source's token is nothing to the caller.
            throw new OperationCanceledException(cancellationToken);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ApiAttempt> AttemptAsync(
        ApiEndpoint endpoint, AccessToken? token, string? query, ReadOnlyMemory<byte> body, TimeSpan left, CancellationToken cancellationToken)
    {
        var limit = left < _http.AttemptTimeout ? left : _http.AttemptTimeout;
        var host = _hosts.Current;
        var timeout = _timeouts.Start(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
        var cancellation = cancellationToken.UnsafeRegister(static timeout => ((CancellationTokenSource)timeout!).Cancel(), timeout);
        var stop = timeout.Token;
        using var request = new ApiRequest(endpoint, _addresses.Of(endpoint, host, token, query));
        try
        {
            if (!body.IsEmpty)
            {
                // ReadOnlyMemoryContent knows its length, so the body goes out with Content-Length: chunked ones are answered with 412.
                request.Content = new ReadOnlyMemoryContent(body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            }

            using var response = await _invoker.SendAsync(request, stop).ConfigureAwait(false);
            using var answer = await AnswerReader.ReadAsync(response, stop).ConfigureAwait(false);
            return answer.WrittenCount > AnswerReader.MaxBytes
                ? _judge.Lost(endpoint, host, exception: null, $"gave an answer of more than {AnswerReader.MaxBytes / 1024 / 1024} MB")
                : _judge.Answered(endpoint, host, response, answer.WrittenMemory);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The attempt's own token is nothing to the caller.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException exception) when (!timeout.IsCancellationRequested && request.IsUnreached(exception))
        {
            return _judge.Unreached(endpoint, host, exception.InnerException!);
        }
        catch (OperationCanceledException exception)
        {
            return request.HadNoConnection
                ? _judge.Unreached(endpoint, host, new TimeoutException($"No connection was free within {limit.TotalSeconds:0.###} s."))
                : _judge.Lost(endpoint, host, exception, $"gave no answer within {limit.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException exception) when (request.IsUnreached(exception))
        {
            return _judge.Unreached(endpoint, host, exception);
        }
        catch (ExecutionRejectedException exception) when (request.Sent is null)
        {
            // A handler of the host's, such as a circuit breaker, kept it back.
            return _judge.Unreached(endpoint, host, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or ExecutionRejectedException)
        {
            return _judge.Lost(endpoint, host, exception, "broke off");
        }
        finally
        {
            await cancellation.DisposeAsync().ConfigureAwait(false);
            _timeouts.End(timeout);
        }
    }
}
