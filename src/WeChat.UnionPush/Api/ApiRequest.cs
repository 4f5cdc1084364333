namespace WeChat.UnionPush;

/// <summary>One attempt of a call on its way down through the host's handlers. It goes out once, whoever sends it again.</summary>
internal sealed class ApiRequest : HttpRequestMessage
{
    private static readonly AsyncLocal<ApiRequest?> OnItsWay = new();

    private int _isSent;

    /// <param name="endpoint">The API.</param>
    /// <param name="address">The address with its query. Carries a secret.</param>
    public ApiRequest(ApiEndpoint endpoint, Uri address)
        : base(endpoint.Method, address)
    {
        Path = endpoint.Path;
        WorksOnce = endpoint.Repeat != ApiRepeat.Always;
        if (WorksOnce)
        {
            // A handler that sends copies of a request makes new messages. The flow of the call still leads to this one.
            OnItsWay.Value = this;
        }
    }

    /// <summary>Path of the API, without its query.</summary>
    public string Path { get; }

    /// <summary>Whether a second arrival of the same request does harm, such as that of a login code.</summary>
    public bool WorksOnce { get; }

    /// <summary>The one send, once it began.</summary>
    public Task<HttpResponseMessage>? Sent { get; set; }

    /// <summary>Whether there was no connection for this request, by the word of the network or because all were in use, so that nothing left.</summary>
    public bool HadNoConnection { get; set; }

    /// <summary>Whether a failure says that nothing left this machine. What works once is believed to be unsent only when the network itself says so, and not a handler
    /// above it.</summary>
    public bool IsUnreached(Exception exception) => IsNoConnection(exception) && (!WorksOnce || Sent is null || HadNoConnection);

    /// <summary>Whether a handler of the network reports that it made no connection: by its kind, or by its own time limit.</summary>
    public static bool IsNoConnection(Exception exception) => exception switch
    {
        HttpRequestException failed => failed.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>The attempt that a message belongs to; <see langword="null"/> for a copy of a request that may arrive twice.</summary>
    public static ApiRequest? Of(HttpRequestMessage message) => message as ApiRequest ?? OnItsWay.Value;

    /// <summary>Whether this is the first to send it.</summary>
    public bool TryBegin() => Interlocked.Exchange(ref _isSent, 1) == 0;
}
