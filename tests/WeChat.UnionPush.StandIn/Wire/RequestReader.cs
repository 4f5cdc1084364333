using System.Globalization;
using System.Text;

namespace WeChat.UnionPush.StandIn.Wire;

/// <summary>Reads requests off a connection by the letter of RFC 9112 and tells everything that is not as it should be.</summary>
internal sealed class RequestReader(Stream stream, string host, Action<string> complain)
{
    private const int MaxHead = 32 * 1024;
    private const int MaxBody = 4 * 1024 * 1024;
    private const string TokenCharacters = "!#$%&'*+-.^_`|~";

    private static readonly string[] AllowedHeaders = ["Host", "Accept", "Accept-Encoding", "User-Agent", "Connection", "Content-Type", "Content-Length"];

    private byte[] _buffer = new byte[MaxHead];
    private int _start;
    private int _end;

    /// <summary>The next request; null when the caller has closed the connection, or what it sent is no request.</summary>
    public async Task<WireRequest?> ReadAsync(CancellationToken cancellationToken)
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (_end - _start >= MaxHead)
            {
                complain($"The head of a request is longer than {MaxHead} bytes.");
                return null;
            }

            if (!await FillAsync(cancellationToken))
            {
                if (_end > _start)
                {
                    complain("A connection ended in the head of a request.");
                }

                return null;
            }
        }

        var head = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length + 4;
        if (ParseHead(head) is not { } request)
        {
            return null;
        }

        if (request.Header("Expect").Any())
        {
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken);
        }

        var declared = CheckLength(request);
        if (declared < 0)
        {
            return request with { RefusedWith = 412 };
        }

        var body = new byte[declared];
        var read = 0;
        while (read < declared)
        {
            if (_end == _start && !await FillAsync(cancellationToken))
            {
                complain($"{request.Method} {request.Path}: the connection ended after {read} of {declared} bytes of body.");
                return null;
            }

            var part = Math.Min(_end - _start, declared - read);
            _buffer.AsSpan(_start, part).CopyTo(body.AsSpan(read));
            (_start, read) = (_start + part, read + part);
        }

        if (_end > _start)
        {
            complain($"{request.Method} {request.Path}: {_end - _start} bytes came behind the request, before its answer.");
        }

        return request with { Body = body };
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }

    private WireRequest? ParseHead(string head)
    {
        var lines = head.Split("\r\n");
        if (head.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().IndexOfAny('\r', '\n') >= 0)
        {
            complain("A line of a request's head ends in a lone CR or LF.");
            return null;
        }

        var parts = lines[0].Split(' ');
        if (parts.Length != 3)
        {
            complain($"A request line has {parts.Length} parts: {parts[0]}.");
            return null;
        }

        var target = parts[1];
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = question < 0 ? (target, null) : (target[..question], target[(question + 1)..]);
        if (parts[2] != "HTTP/1.1")
        {
            complain($"{parts[0]} {path} speaks {parts[2]}, not HTTP/1.1.");
        }

        if (!path.StartsWith('/') || path.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || path.Contains("//", StringComparison.Ordinal)
            || path.Contains('%', StringComparison.Ordinal))
        {
            complain($"The path {path} is not one of the platform's: it has a host, an escape, a doubled slash or a character no URL has.");
        }

        var headers = new List<KeyValuePair<string, string>>();
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line[..colon].Any(one => !char.IsAsciiLetterOrDigit(one) && !TokenCharacters.Contains(one, StringComparison.Ordinal)))
            {
                complain($"{parts[0]} {path}: the header line \"{(colon > 0 ? line[..colon] : line)}\" has no proper name.");
                return null;
            }

            headers.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        var request = new WireRequest(parts[0], path, query, headers, []);
        CheckHeaders(request);
        return request;
    }

    private void CheckHeaders(WireRequest request)
    {
        foreach (var group in request.Headers.GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (!AllowedHeaders.Contains(group.Key, StringComparer.OrdinalIgnoreCase))
            {
                complain($"{request.Method} {request.Path} carries the header {group.Key}, which is not the platform's business.");
            }
            else if (group.Count() > 1)
            {
                complain($"{request.Method} {request.Path} carries the header {group.Key} {group.Count()} times.");
            }

            if (group.Any(header => header.Value.Any(one => one is < ' ' or > '~')))
            {
                complain($"{request.Method} {request.Path}: the header {group.Key} has characters beyond ASCII.");
            }
        }

        if (!request.Header("Host").SequenceEqual([host]))
        {
            complain($"{request.Method} {request.Path}: Host is not {host} once.");
        }

        if (request.Header("Connection").FirstOrDefault() is { } connection && !connection.Equals("keep-alive", StringComparison.OrdinalIgnoreCase))
        {
            complain($"{request.Method} {request.Path} asks for Connection: {connection}, so every call pays for a connection of its own.");
        }
    }

    /// <summary>Length of the body, or -1 for one without length.</summary>
    private int CheckLength(WireRequest request)
    {
        var lengths = request.Header("Content-Length").ToArray();
        if (request.Header("Transfer-Encoding").Any())
        {
            complain($"{request.Method} {request.Path} sends its body in chunks.");
            return -1;
        }

        if (request.Header("Content-Encoding").Any())
        {
            complain($"{request.Method} {request.Path} encodes its body.");
        }

        if (lengths.Length == 0)
        {
            if (request.Method == "GET")
            {
                if (request.Header("Content-Type").Any())
                {
                    complain($"GET {request.Path} has a Content-Type and no body.");
                }

                return 0;
            }

            complain($"{request.Method} {request.Path} has no Content-Length.");
            return -1;
        }

        if (!int.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > MaxBody)
        {
            complain($"{request.Method} {request.Path}: the Content-Length \"{lengths[0]}\" is no usable number.");
            return -1;
        }

        if (request.Method == "GET")
        {
            complain($"GET {request.Path} has a Content-Length of {length}.");
        }

        return length;
    }
}
