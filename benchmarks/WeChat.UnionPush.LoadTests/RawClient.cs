using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.LoadTests;

/// <summary>
/// The physical limit: a prepared request with only the openid written into it goes out over a socket that is kept, and the answer is searched for its length
/// and its code. No client of any use is as fast as this.
/// </summary>
internal sealed class RawClient : IDisposable
{
    private readonly ConcurrentBag<Connection> _idle = [];
    private readonly Uri _address;
    private readonly byte[] _request;
    private readonly int _openIdAt;

    public RawClient(Uri address)
    {
        var openId = Samples.FollowerOpenId(0);
        var body = JsonSerializer.SerializeToUtf8Bytes(
            Samples.BareMessage() with { ToUser = openId, ClientMessageId = Guid.NewGuid().ToString("N") }, BareJson.Unescaped.BareMessage);
        var head = $"POST /cgi-bin/message/template/send?access_token={Samples.Token} HTTP/1.1\r\nHost: {address.Authority}\r\n"
            + string.Create(CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n");
        _address = address;
        _request = [.. Encoding.ASCII.GetBytes(head), .. body];
        _openIdAt = _request.AsSpan().IndexOf(Encoding.ASCII.GetBytes(openId));
    }

    public async Task<bool> SendAsync(string openId)
    {
        if (!_idle.TryTake(out var connection))
        {
            connection = await Connection.OpenAsync(_address, _request);
        }

        Encoding.ASCII.GetBytes(openId, connection.Request.AsSpan(_openIdAt));
        var sent = await connection.AskAsync();
        _idle.Add(connection);
        return sent;
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private sealed class Connection(Socket socket, byte[] request) : IDisposable
    {
        private readonly byte[] _answer = new byte[4096];

        public byte[] Request => request;

        public static async Task<Connection> OpenAsync(Uri address, byte[] request)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address.Host, address.Port);
            return new Connection(socket, [.. request]);
        }

        public async Task<bool> AskAsync()
        {
            for (var sent = 0; sent < request.Length;)
            {
                sent += await socket.SendAsync(request.AsMemory(sent), SocketFlags.None);
            }

            var read = 0;
            while (true)
            {
                var more = await socket.ReceiveAsync(_answer.AsMemory(read), SocketFlags.None);
                if (more == 0)
                {
                    throw new IOException("The stand-in closed the connection.");
                }

                read += more;
                if (IsWhole(_answer.AsSpan(0, read)))
                {
                    return _answer.AsSpan(0, read).IndexOf("\"errcode\":0,"u8) > 0;
                }
            }
        }

        public void Dispose() => socket.Dispose();

        private static bool IsWhole(ReadOnlySpan<byte> answer)
        {
            var body = answer.IndexOf("\r\n\r\n"u8);
            var length = answer.IndexOf("Content-Length: "u8);
            return body >= 0 && length >= 0
                && System.Buffers.Text.Utf8Parser.TryParse(answer[(length + "Content-Length: "u8.Length)..], out int bytes, out _)
                && answer.Length >= body + 4 + bytes;
        }
    }
}
