namespace WeChat.UnionPush;

/// <summary>Lets a handler write its request to one connection, and to no other. What leads there (a proxy's tunnel, TLS) may take as many as it needs.</summary>
internal sealed class OneConnection
{
    private int _isTaken;

    /// <summary>Whether the handler wanted to write its request to another connection too.</summary>
    public bool WasWantedAgain { get; private set; }

    /// <summary>Called when a connection is ready for its first request, and before anything is written to it.</summary>
    public async ValueTask<Stream> TakeAsync(
        SocketsHttpPlaintextStreamFilterContext context, Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>>? next,
        CancellationToken cancellationToken)
    {
        if (context.InitialRequestMessage.Method != HttpMethod.Connect && Interlocked.Exchange(ref _isTaken, 1) != 0)
        {
            WasWantedAgain = true;
            throw new IOException("The request has been written to a connection already.");
        }

        return next is null ? context.PlaintextStream : await next(context, cancellationToken).ConfigureAwait(false);
    }
}
