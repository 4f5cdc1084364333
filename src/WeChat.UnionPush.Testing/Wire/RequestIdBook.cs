using System.Text;

namespace WeChat.UnionPush.Testing;

/// <summary>The refused calls by their <c>rid</c>: at most the last ten thousand, for seven days.</summary>
internal sealed class RequestIdBook
{
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(PlatformRules.Number("rid kept for"));

    private const int Most = 10_000;
    private readonly Gate _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = new();

    public void Add(string rid, Call call, Answer answer)
    {
        lock (_gate)
        {
            _entries.Add(rid, new Entry(call.App!, call.Now, call.Route.Path, AddressList.Name(call.Request.Caller), call.Body, answer.Body));
            _oldestFirst.Enqueue(rid);
            if (_oldestFirst.Count > Most)
            {
                _entries.Remove(_oldestFirst.Dequeue());
            }
        }
    }

    public Entry? Find(string rid)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(rid);
        }
    }

    internal sealed record Entry(SimulatedApp App, DateTimeOffset At, string Path, string Caller, byte[] Request, byte[] Response)
    {
        public string RequestText => Encoding.UTF8.GetString(Request);

        public string ResponseText => Encoding.UTF8.GetString(Response);
    }
}
