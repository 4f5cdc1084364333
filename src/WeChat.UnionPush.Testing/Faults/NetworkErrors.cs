using System.Globalization;
using System.Net.Sockets;

namespace WeChat.UnionPush.Testing;

/// <summary>What the network handler of .NET throws, layer by layer, when a real connection fails.</summary>
internal static class NetworkErrors
{
    public static Exception ConnectionRefused(Uri address) =>
        NotConnected(HttpRequestError.ConnectionError, "Connection refused", SocketError.ConnectionRefused, address);

    public static Exception NameNotResolved(Uri address) =>
        NotConnected(HttpRequestError.NameResolutionError, "Name or service not known", SocketError.HostNotFound, address);

    public static Exception Closed() => new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");

    public static Exception Reset() => new IOException(
        "Unable to read data from the transport connection: Connection reset by peer.", new SocketException((int)SocketError.ConnectionReset));

    /// <summary>What the handler throws when a connection breaks before the headers of the answer arrive.</summary>
    public static Exception BeforeHead(Exception reason) => new HttpRequestException(
        (reason as HttpIOException)?.HttpRequestError ?? HttpRequestError.Unknown, "An error occurred while sending the request.", reason);

    private static HttpRequestException NotConnected(HttpRequestError error, string message, SocketError reason, Uri address) => new(
        error, string.Create(CultureInfo.InvariantCulture, $"{message} ({address.Host}:{address.Port})"), new SocketException((int)reason));
}
