namespace WeChat.UnionPush.Testing;

/// <summary>A request that reached the simulated platform, as it was on the wire. Its query may hold secrets and tokens, so use it for assertions and do not log it.</summary>
public sealed class SimulatedCall
{
    internal SimulatedCall(string method, Uri address, byte[] body, string? contentType, DateTimeOffset receivedAt)
    {
        Method = method;
        Address = address;
        Body = body;
        ContentType = contentType;
        ReceivedAt = receivedAt;
    }

    /// <summary>The HTTP method, such as <c>POST</c>.</summary>
    public string Method { get; }

    /// <summary>The whole address with its query, including secrets.</summary>
    public Uri Address { get; }

    /// <summary>The bytes of the body; empty when there was none.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The body's Content-Type as it was sent, or <see langword="null"/>.</summary>
    public string? ContentType { get; }

    /// <summary>When it arrived, by the platform's clock.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>Method and path, without the query.</summary>
    public override string ToString() => $"{Method} {Address.AbsolutePath}";
}
