using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using System.Xml.Linq;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests;

/// <summary>A developer's server that keeps the platform's pushes, checks them as documented and answers as a test says.</summary>
internal sealed class PushInbox
{
    public const string Token = "AAAAA";
    public const string Key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private readonly ConcurrentQueue<Received> _received = new();

    /// <summary>What it answers to a push; <c>success</c> by default.</summary>
    public Func<Received, CancellationToken, Task<(int Status, string Body)>> Answer { get; set; } = static (_, _) => Task.FromResult((200, "success"));

    public IReadOnlyList<Received> All => [.. _received];

    public IEnumerable<string> Events => All.Select(received => received.Field("Event"));

    public Task<(int Status, string Body)> ReceiveAsync(string query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var received = new Received(query, body.ToArray());
        _received.Enqueue(received);
        return Answer(received, cancellationToken);
    }

    public SimulatedCallback Callback(SimulatedCallbackMode mode = SimulatedCallbackMode.Plain, bool json = false) =>
        new(Token, ReceiveAsync) { Mode = mode, EncodingAesKey = mode == SimulatedCallbackMode.Plain ? null : Key, UsesJson = json };

    public static string Sha1(params string[] parts)
    {
        Array.Sort(parts, StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Concat(parts)));
        return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();
    }

    public static (string Message, string AppId) Decrypt(string encrypted)
    {
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(Key + "=");
        var plain = aes.DecryptCbc(Convert.FromBase64String(encrypted), aes.Key.AsSpan(0, 16), PaddingMode.None);
        Assert.InRange(plain[^1], 1, 32);
        Assert.All(plain[^plain[^1]..], value => Assert.Equal(plain[^1], value));
        plain = plain[..^plain[^1]];
        var length = BinaryPrimitives.ReadInt32BigEndian(plain.AsSpan(16));
        return (Encoding.UTF8.GetString(plain, 20, length), Encoding.UTF8.GetString(plain.AsSpan(20 + length)));
    }

    internal sealed record Received(string Query, byte[] Bytes)
    {
        private readonly System.Collections.Specialized.NameValueCollection _query = HttpUtility.ParseQueryString(Query);

        public string Text => Encoding.UTF8.GetString(Bytes);

        public string Parameter(string name) => _query[name] ?? throw new KeyNotFoundException(name);

        public IReadOnlyList<string> Parameters => [.. _query.AllKeys.Select(key => key!)];

        public string Field(string name) => Fields(Text).Single(field => field.Name == name).Value;

        public static IReadOnlyList<(string Name, string Value)> Fields(string text) => text.StartsWith('<')
            ? [.. XDocument.Parse(text).Root!.Elements().Select(element => (element.Name.LocalName, element.Value))]
            : [.. JsonDocument.Parse(text).RootElement.EnumerateObject().Select(member => (member.Name, member.Value.ToString()))];
    }
}
