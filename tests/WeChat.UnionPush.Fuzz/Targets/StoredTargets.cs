using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;

namespace WeChat.UnionPush.Fuzz;

/// <summary>
/// What the library has written and reads back. Stores are shared with older and newer versions, and hands reach into them: what cannot be read is refused with an
/// exception that says so (<see cref="JsonException"/>, <see cref="InvalidDataException"/>), and what was read is written and read the same.
/// </summary>
internal static class StoredTargets
{
    private static readonly TemplateMessage Message = TemplateMessage.Create("t").Set("thing1", "一", "#FF0000").Set("time2", "15:01").OpenMiniProgram("wx1", "p?a=b")
        .IdempotencyKey("key").Build();

    private static readonly StoredMessage Stored = StoredMessage.Of(Message) with
    {
        CorrelationId = "c",
        ValuePolicy = 1,
        CustomerServiceText = "w",
        Subscribe = new StoredAlternative { TemplateId = "s", Fields = [["thing1", "v"]], Page = "p", State = 1, Language = "zh_CN", ValuePolicy = 2 },
    };

    public static IEnumerable<FuzzTarget> All() =>
    [
        Of("stored-message", StoredMessage.Read, static message => message.Write(), static message => message.ToMessage(), [Stored.Write()]),
        Of(
            "stored-held",
            HeldMessage.Read,
            HeldMessage.Write,
            static messages => messages.ConvertAll(static message => (message.ToMessage(), message.ClientMessageId)),
            [HeldMessage.Write([HeldMessage.Of(Message, DateTimeOffset.UnixEpoch.AddDays(1))])]),
        Of(
            "stored-broadcast",
            BroadcastContent.Read,
            static content => JsonSerializer.Serialize(content, BroadcastJson.Plain.BroadcastContent),
            static content => (content.Message?.ToMessage(), content.StopReason),
            [
                JsonSerializer.Serialize(
                    new BroadcastContent
                    {
                        Message = Stored, QuotaReserve = 10, QuietFrom = new TimeOnly(22, 0), QuietTo = new TimeOnly(8, 0), StopAtFailureShare = 0.2, IsByUnionId = true,
                        StoppedTemplates = ImmutableDictionary<string, string>.Empty.Add("t", "why"),
                    },
                    BroadcastJson.Plain.BroadcastContent),
            ]),
        Of(
            "stored-scene",
            FollowLinkScene.Read,
            static scene => scene.Write(),
            static scene => scene.OpenId.Length + scene.MiniProgramAppId.Length,
            [new FollowLinkScene { MiniProgramAppId = "wx1", OpenId = "o1", ExpiresAt = 1, FollowerHash = "f", IsRefused = true }.Write()]),
        Of(
            "stored-report",
            BroadcastReport.FromJson,
            static report => report.ToJson(),
            static report => report.ToText(),
            [
                new BroadcastReport("n", BroadcastState.Running)
                {
                    Reason = "r", Recipients = 3, Counts = new() { Sent = 1, SentByFallback = 1, Failed = 1 }, Pending = 1, CreatedAt = DateTimeOffset.UnixEpoch,
                    StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch.AddHours(30),
                }.ToJson(),
            ]),
        new(
            "stored-recipient",
            static input => () => RecipientLine.Read(Encoding.UTF8.GetString(input)),
            static (_, outcome) => Promise.Equal(Dump.Of(outcome), Dump.Of(RecipientLine.Read(outcome!.ToString()!)), "a recipient written and read again"),
            [.. new[] { "o1", "o1\t{}", "o1\t\t+", "\t{}\t+" }.Select(Encoding.UTF8.GetBytes)],
            ["\t", "+", "{}"]),
        new("stored-token", Token, CheckToken, [Record("wx1"), Record("wx2")], [.. Words.Json, .. Words.Quoted([Encoding.UTF8.GetString(Record("wx1"))])]),
    ];

    private static FuzzTarget Of<T>(string name, Func<string, T> read, Func<T, string> write, Func<T, object?> use, string[] seeds)
        where T : class
        => new(
            name,
            input =>
            {
                var text = Encoding.UTF8.GetString(input);
                return () => Promise.Outcome<JsonException, InvalidDataException>(() => (Read: read(text), Used: use(read(text))));
            },
            (_, outcome) =>
            {
                if (outcome is ValueTuple<T, object?> came)
                {
                    Promise.Equal(Dump.Of(came.Item1), Dump.Of(read(write(came.Item1))), "written and read again");
                }
            },
            [.. seeds.Select(Encoding.UTF8.GetBytes)],
            [.. Words.Json, .. Words.Quoted(seeds), "\"x\":", "\"n\":", "\"f\":[[\"a\",\"b\"]]"]);

    private static byte[] Record(string key) => JsonSerializer.SerializeToUtf8Bytes(
        new SharedRecord
        {
            Key = key,
            Token = "98_abc",
            ExpiresAt = DateTimeOffset.UnixEpoch.AddHours(2),
            FetchedAt = DateTimeOffset.UnixEpoch,
            ForcedAt = DateTimeOffset.UnixEpoch,
            ForcedCount = 3,
        },
        DistributedAccessTokenJson.Default.SharedRecord);

    private static Func<object?> Token(byte[] input)
    {
        var store = new DistributedAccessTokenStore(new OneRecord(input), TimeProvider.System);
        return () => Promise.Outcome<JsonException, InvalidDataException>(() => store.GetAsync("wx1").AsTask().GetAwaiter().GetResult());
    }

    private static void CheckToken(byte[] input, object? outcome)
    {
        if (outcome is StoredAccessToken token)
        {
            var cache = new OneRecord([]);
            var store = new DistributedAccessTokenStore(cache, TimeProvider.System);
            store.SetAsync("wx1", token).AsTask().GetAwaiter().GetResult();
            Promise.Equal(Dump.Of(token), Dump.Of(store.GetAsync("wx1").AsTask().GetAwaiter().GetResult()), "a token written and read again");
        }
    }

    /// <summary>A cache that holds one record under every key.</summary>
    private sealed class OneRecord(byte[] record) : IDistributedCache
    {
        private byte[] _record = record;

        public byte[]? Get(string key) => _record;

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => Task.FromResult<byte[]?>(_record);

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key) => _record = [];

        public Task RemoveAsync(string key, CancellationToken token = default)
        {
            Remove(key);
            return Task.CompletedTask;
        }

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _record = value;

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Set(key, value, options);
            return Task.CompletedTask;
        }
    }
}
