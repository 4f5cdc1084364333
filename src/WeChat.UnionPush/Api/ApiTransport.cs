using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace WeChat.UnionPush;

/// <summary>
/// The one road to the platform: builds the request, reads the bytes, and repeats what may be repeated. Gives back the answer whatever its
/// <c>errcode</c>, for the caller to judge; throws when there is no readable answer.
/// </summary>
internal sealed class ApiTransport : IDisposable
{
    // user/get answers with about 300 KB; anything far beyond that is not the platform's.
    private const int MaxAnswerBytes = 16 * 1024 * 1024;

    // Answers that are longer than this prove it before they get the memory.
    private const int MaxTrustedLength = 1024 * 1024;

    private readonly HttpMessageInvoker _invoker;
    private readonly ApiHosts _hosts;
    private readonly ApiLimiter _sendLimiter;
    private readonly ILogger _logger;
    private readonly TimeSpan _attemptTimeout;
    private readonly TimeSpan _totalTimeout;
    private readonly ApiTimeouts _timeouts;
    private readonly WeChatHttpOptions _http;
    private ResiliencePipeline? _retries;
    private readonly CachedUri?[] _uris = new CachedUri?[32];

    public ApiTransport(HttpMessageInvoker invoker, WeChatUnionPushOptions options, TimeProvider time, ILogger<ApiTransport> logger)
    {
        _invoker = invoker;
        _logger = logger;
        Time = time;
        _hosts = new ApiHosts([options.ApiBaseAddress, .. options.FallbackAddresses], time);
        _sendLimiter = new ApiLimiter(options.TemplateMessages.MaxPerSecond, options.TemplateMessages.MaxConcurrent, time);
        _attemptTimeout = options.Http.AttemptTimeout;
        _totalTimeout = options.Http.TotalTimeout;
        _timeouts = new ApiTimeouts(time);
        _http = options.Http;
    }

    /// <summary>Whether a refused or failed attempt is worth another one.</summary>
    private interface IAttempt
    {
        bool MayRepeat { get; }
    }

    public TimeProvider Time { get; }

    /// <summary>Made when it is first needed: most processes start without, and many end so.</summary>
    private ResiliencePipeline Retries => LazyInitializer.EnsureInitialized(ref _retries, () => new ResiliencePipelineBuilder { TimeProvider = Time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = static arguments => new(arguments.Outcome.Result is IAttempt { MayRepeat: true }),
            MaxRetryAttempts = _http.MaxRetries,
            Delay = _http.RetryDelay,
            MaxDelay = TimeSpan.FromSeconds(5),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build());

    public void Dispose() => _invoker.Dispose();

    /// <summary>The limits of an API that has some. The caller enters before the call and leaves after it; the pace of its attempts is kept here.</summary>
    public ApiLimiter? LimiterOf(ApiEndpoint endpoint) => ReferenceEquals(endpoint, Endpoints.TemplateSend) ? _sendLimiter : null;

    /// <summary>Makes a call.</summary>
    /// <param name="endpoint">The API.</param>
    /// <param name="token">The access token that goes into the query, where the API takes one.</param>
    /// <param name="query">Further query, escaped, without a leading <c>?</c> or <c>&amp;</c>. May carry a secret.</param>
    /// <param name="body">The JSON body of a POST. Not to be returned to a pool when the call fails: a connection may still be reading it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TAnswer> SendAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, AccessToken? token, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        using var activity = Telemetry.StartCall(endpoint);
        await PaceAsync(endpoint, cancellationToken).ConfigureAwait(false);
        var started = Time.GetTimestamp();
        var attempt = await AttemptAsync(endpoint, token, query, body, _totalTimeout, cancellationToken).ConfigureAwait(false);
        if (attempt.MayRepeat && _http.MaxRetries > 0)
        {
            attempt = await RepeatAsync(attempt, started, endpoint, token, query, body, cancellationToken).ConfigureAwait(false);
        }

        if (Telemetry.CallDuration.Enabled || activity is not null)
        {
            Telemetry.CallEnded(endpoint, activity, Time.GetElapsedTime(started), attempt.Answer, attempt.Failure);
        }

        if (attempt.Answer is { } answer)
        {
            answer.FollowsLostAnswer = attempt.IsLost;
            return answer;
        }

        throw attempt is { IsLost: true, Failure.OutcomeUnknown: false } ? WeChatApiErrors.Lost(endpoint.Path, attempt.Failure) : attempt.Failure!;
    }

    private async Task<Attempt<TAnswer>> RepeatAsync<TAnswer>(Attempt<TAnswer> first, long started, ApiEndpoint<TAnswer> endpoint, AccessToken? token, string? query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        var left = _totalTimeout - Time.GetElapsedTime(started);
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
                        await PaceAsync(endpoint, stop).ConfigureAwait(false);
                        Log.CallRepeated(_logger, endpoint.Path, made, Describe(last));
                        Telemetry.CallRepeated(endpoint);
                        var next = await AttemptAsync(endpoint, token, query, body, _totalTimeout - Time.GetElapsedTime(started), cancellationToken).ConfigureAwait(false);
                        last = next with { IsLost = next.IsLost || last.IsLost };
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

    private static string Describe<TAnswer>(Attempt<TAnswer> attempt)
        where TAnswer : ApiAnswer => attempt.Answer is { } answer ? new WeChatErrorCode(answer.ErrorCode).ToString() : attempt.Failure!.Message;

    private ValueTask PaceAsync(ApiEndpoint endpoint, CancellationToken cancellationToken) =>
        LimiterOf(endpoint) is { } limiter ? limiter.PaceAsync(cancellationToken) : default;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Attempt<TAnswer>> AttemptAsync<TAnswer>(ApiEndpoint<TAnswer> endpoint, AccessToken? token, string? query, ReadOnlyMemory<byte> body, TimeSpan left, CancellationToken cancellationToken)
        where TAnswer : ApiAnswer
    {
        var limit = left < _attemptTimeout ? left : _attemptTimeout;
        var host = _hosts.Current;
        var timeout = _timeouts.Start(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
        var cancellation = cancellationToken.UnsafeRegister(static timeout => ((CancellationTokenSource)timeout!).Cancel(), timeout);
        var stop = timeout.Token;
        try
        {
            using var request = new HttpRequestMessage(endpoint.Method, UriOf(endpoint, host, token, query));
            if (!body.IsEmpty)
            {
                // ReadOnlyMemoryContent knows its length, so the body goes out with Content-Length: chunked ones are answered with 412.
                request.Content = new ReadOnlyMemoryContent(body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            }

            using var response = await _invoker.SendAsync(request, stop).ConfigureAwait(false);
            using var answer = await ReadAsync(response, stop).ConfigureAwait(false);
            return answer.WrittenCount > MaxAnswerBytes
                ? Lost(endpoint, host, exception: null, $"gave an answer of more than {MaxAnswerBytes / 1024 / 1024} MB")
                : Judge(endpoint, host, response.StatusCode, answer.WrittenMemory);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The attempt's own token is nothing to the caller.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException && !timeout.IsCancellationRequested)
        {
            // So does the handler report a connection that did not come about in its time.
            return Unreached(endpoint, host, exception.InnerException);
        }
        catch (OperationCanceledException exception)
        {
            return Lost(endpoint, host, exception, $"gave no answer within {limit.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
        {
            return Unreached(endpoint, host, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return Lost(endpoint, host, exception, "broke off");
        }
        finally
        {
            await cancellation.DisposeAsync().ConfigureAwait(false);
            _timeouts.End(timeout);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<PooledBuffer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // One byte more than is announced, for the read that finds the end.
        var length = Math.Min(response.Content.Headers.ContentLength ?? 0, MaxTrustedLength);
        var buffer = new PooledBuffer(Math.Max((int)length + 1, PooledBuffer.DefaultCapacity));
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                while (true)
                {
                    var read = await stream.ReadAsync(buffer.GetMemory(), cancellationToken).ConfigureAwait(false);
                    buffer.Advance(read);
                    if (read == 0 || buffer.WrittenCount > MaxAnswerBytes)
                    {
                        return buffer;
                    }
                }
            }
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private Attempt<TAnswer> Judge<TAnswer>(ApiEndpoint<TAnswer> endpoint, int host, HttpStatusCode status, ReadOnlyMemory<byte> body)
        where TAnswer : ApiAnswer
    {
        // The platform's own codes count under any status; a success only under 200.
        var answer = Parse(endpoint.Answer, body.Span);
        if (answer is { ErrorCode: not 0 })
        {
            return new(answer, MayRepeat: WeChatApiErrors.Classify(endpoint.Path, answer.ErrorCode, answer.ErrorMessage) == WeChatErrorClass.Transient);
        }

        if (answer is not null && status == HttpStatusCode.OK)
        {
            return answer.FindMissing() is { } missing
                ? new(WeChatApiErrors.Incomplete(endpoint.Path, missing), MayRepeat: endpoint.Repeat == ApiRepeat.Always)
                : new(answer, MayRepeat: false);
        }

        if (status == HttpStatusCode.PreconditionFailed)
        {
            return new(new WeChatApiException(
                endpoint.Path,
                null,
                WeChatErrorClass.Request,
                $"{endpoint.Path} answered HTTP 412: the request arrived without Content-Length. The library sends one, so a proxy or a handler added with ConfigureHttpClient re-encodes the body.")
            {
                StatusCode = status,
            }, MayRepeat: false);
        }

        var shown = endpoint.AnswersSecret ? Redaction.QuoteBesideSecrets(body.Span) : Redaction.Quote(body.Span);
        if (status is >= HttpStatusCode.MultipleChoices and < HttpStatusCode.InternalServerError and not HttpStatusCode.RequestTimeout and not HttpStatusCode.TooManyRequests)
        {
            return new(new WeChatApiException(
                endpoint.Path,
                null,
                WeChatErrorClass.Request,
                $"{endpoint.Path} answered HTTP {(int)status} and nothing of the platform's: {shown} Check ApiBaseAddress, and the proxy if there is one.")
            {
                StatusCode = status,
            }, MayRepeat: false);
        }

        _hosts.Failed(host);
        var message = status == HttpStatusCode.OK
            ? $"{endpoint.Path} gave an answer that cannot be read: {shown} What became of the call is not known."
            : $"{endpoint.Path} answered HTTP {(int)status}: {shown} A gateway failed; what became of the call is not known.";
        return new(
            new WeChatApiException(endpoint.Path, null, WeChatErrorClass.Transient, message)
            {
                StatusCode = status == HttpStatusCode.OK ? null : status,
                OutcomeUnknown = true,
            },
            MayRepeat: endpoint.Repeat == ApiRepeat.Always);
    }

    /// <summary>Nothing left this machine, so the call may be made again whatever it does.</summary>
    private Attempt<TAnswer> Unreached<TAnswer>(ApiEndpoint<TAnswer> endpoint, int host, Exception exception)
        where TAnswer : ApiAnswer
    {
        _hosts.Failed(host);
        return new(
            new WeChatApiException(
                endpoint.Path,
                null,
                WeChatErrorClass.Transient,
                $"{endpoint.Path} could not be reached on {_hosts[host].Host}: {Redaction.Quote(exception.Message)} Check network, proxy and DNS of this machine.",
                exception),
            MayRepeat: true);
    }

    /// <summary>The request left, and no answer came.</summary>
    private Attempt<TAnswer> Lost<TAnswer>(ApiEndpoint<TAnswer> endpoint, int host, Exception? exception, string what)
        where TAnswer : ApiAnswer
    {
        _hosts.Failed(host);
        return new(
            new WeChatApiException(endpoint.Path, null, WeChatErrorClass.Transient, $"{endpoint.Path} on {_hosts[host].Host} {what}; what became of the call is not known.", exception)
            {
                OutcomeUnknown = true,
            },
            MayRepeat: endpoint.Repeat == ApiRepeat.Always);
    }

    /// <summary>Reads an answer; one that JSON does not allow is mended (BOM, raw control characters, invalid UTF-8) and read once more.</summary>
    internal static TAnswer? Parse<TAnswer>(JsonTypeInfo<TAnswer> type, ReadOnlySpan<byte> body)
        where TAnswer : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return ParseMended(type, body);
        }
    }

    private static TAnswer? ParseMended<TAnswer>(JsonTypeInfo<TAnswer> type, ReadOnlySpan<byte> body)
        where TAnswer : class
    {
        // Decoding replaces invalid UTF-8; the platform passes on raw control characters that users typed.
        var text = Encoding.UTF8.GetString(body.StartsWith("\uFEFF"u8) ? body[3..] : body);
        var mended = string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = source[i] < ' ' ? ' ' : source[i];
            }
        });
        try
        {
            return JsonSerializer.Deserialize(mended, type);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private Uri UriOf<TAnswer>(ApiEndpoint<TAnswer> endpoint, int host, AccessToken? token, string? query)
        where TAnswer : ApiAnswer
    {
        if (query is null && token is not null && endpoint.Index < _uris.Length)
        {
            // A URI costs more than the rest of the request, and changes only with the token.
            ref var slot = ref _uris[endpoint.Index];
            if (slot is { } cached && ReferenceEquals(cached.Token, token) && cached.Host == host)
            {
                return cached.Uri;
            }

            var uri = Build(endpoint.Path, host, token, query: null);
            slot = new CachedUri(token, host, uri);
            return uri;
        }

        return Build(endpoint.Path, host, token, query);
    }

    private Uri Build(string path, int host, AccessToken? token, string? query)
    {
        var address = _hosts[host].AbsoluteUri.TrimEnd('/');
        return new Uri((token, query) switch
        {
            (null, null) => $"{address}{path}",
            (null, _) => $"{address}{path}?{query}",
            (_, null) => $"{address}{path}?access_token={Uri.EscapeDataString(token.Value)}",
            _ => $"{address}{path}?access_token={Uri.EscapeDataString(token.Value)}&{query}",
        });
    }

    private sealed record CachedUri(AccessToken Token, int Host, Uri Uri);

    /// <summary>What came of an attempt.</summary>
    /// <param name="Answer">The platform's answer.</param>
    /// <param name="Failure">Why there is none.</param>
    /// <param name="MayRepeat">Whether another attempt may be made.</param>
    /// <param name="IsLost">Whether it, or one before it, may have been carried out without an answer.</param>
    private readonly record struct Attempt<TAnswer>(TAnswer? Answer, WeChatApiException? Failure, bool MayRepeat, bool IsLost) : IAttempt
        where TAnswer : ApiAnswer
    {
        public Attempt(TAnswer answer, bool MayRepeat)
            : this(answer, null, MayRepeat, IsLost: false)
        {
        }

        public Attempt(WeChatApiException failure, bool MayRepeat)
            : this(null, failure, MayRepeat, failure.OutcomeUnknown)
        {
        }
    }
}
