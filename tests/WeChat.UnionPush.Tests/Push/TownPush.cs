using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>A message that the platform, or the host's own way, has of a push.</summary>
internal sealed record TownArrival(PushChannel Channel, SimulatedPerson Person, bool IsDelivered = true);

/// <summary>One push in a town, and all calls that made it.</summary>
internal sealed class TownPush(string name, SimulatedPerson person, string kind, int step, string openId, TemplateMessage message, DateTimeOffset madeAt)
{
    public const string Once = "push once by both";
    public const string Hold = "hold";

    private static readonly PushChannel[] Channels = Enum.GetValues<PushChannel>();

    private readonly Lock _gate = new();
    private readonly List<PushResult> _results = [];
    private readonly List<Exception> _failures = [];
    private readonly List<TownKnown> _calls = [];

    public string Name { get; } = name;

    public SimulatedPerson Person { get; } = person;

    public int Step { get; } = step;

    public string OpenId { get; } = openId;

    public TemplateMessage Message { get; } = message;

    /// <summary>Makes it once more; null where that is not to be done.</summary>
    public Func<CallbackHost, TownPush, Task<PushResult>>? Again { get; set; }

    /// <summary>What was known when each of the calls that are under way began.</summary>
    public IReadOnlyList<TownKnown> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>The channel that a result named.</summary>
    public PushChannel? SentOn => _results.Find(static result => result.IsSent)?.Channel;

    /// <summary>Whether the same call may be made again: one that is not remembered for longer, only while the platform knows its message again.</summary>
    public bool MayBeRepeated(DateTimeOffset now) => Again is not null && (kind == Once || now - madeAt < TimeSpan.FromMinutes(8));

    public void Began(TownKnown known)
    {
        lock (_gate)
        {
            _calls.Add(known);
        }
    }

    public void Ended(TownKnown known, PushResult result)
    {
        lock (_gate)
        {
            _calls.Remove(known);
            _results.Add(result);
        }
    }

    public void Failed(TownKnown known, Exception exception)
    {
        lock (_gate)
        {
            _calls.Remove(known);
            _failures.Add(exception);
        }
    }

    /// <summary>Compares what the calls came to with what the platform has.</summary>
    public void Prove(IReadOnlyList<TownArrival> arrivals, bool refusesLater, Func<string, string> where)
    {
        Check(arrivals.All(arrival => arrival.Person.Equals(Person)), "somebody else got it");
        Check(arrivals.Count(static arrival => arrival.IsDelivered) <= 1, "it was delivered more than once");
        Check(arrivals.CountBy(static arrival => arrival.Channel).All(static count => count.Value == 1), "it was accepted twice on a channel");
        var (sent, statuses) = (_results.FindAll(static result => result.IsSent), _results.Select(static result => result.Status).ToHashSet());

        // What the platform accepted and blocked goes on, so that only then there may be two.
        Check(arrivals.Count <= 1 || (refusesLater && arrivals.Count(static arrival => !arrival.IsDelivered) == 1), "it went over two channels");
        Check(sent.TrueForAll(result => arrivals.Any(arrival => arrival.Channel == result.Channel)), "what was told as sent is not there");
        if (sent.Count == 0)
        {
            // A second caller may hear of an attempt under way that comes to nothing; one whose push is remembered must not, for it would never be made again.
            Check(
                arrivals.Count == 0 || statuses.Overlaps([PushStatus.Held, PushStatus.Unknown, PushStatus.Duplicate]), "what was told as not sent is there");
            Check(kind != Once || !statuses.Contains(PushStatus.Duplicate) || arrivals.Count == 1, "what was told as sent before is not there");
        }

        if (_results.Count == 1 && _failures.Count == 0 && _results[0] is { Status: not (PushStatus.Unknown or PushStatus.Held) } only)
        {
            // The one caller is told of each channel that did not serve.
            var before = only.IsSent ? Channels.TakeWhile(channel => channel != only.Channel) : Channels;
            Check(
                only.Attempts.Select(static attempt => attempt.Channel).SequenceEqual(before) && only.Attempts.All(static attempt => !string.IsNullOrEmpty(attempt.Reason)),
                "its attempts are not all channels before the one that served");
        }

        void Check(bool isSo, string problem) => Assert.True(isSo, where($"{this}: {problem}. The platform has {string.Join(", ", arrivals)}."));
    }

    public override string ToString() =>
        $"{kind} {Name} of step {Step} to {Person} [{string.Join("; ", _results.Select(Text).Concat(_failures.Select(static one => one.Message)))}]";

    private static string Text(PushResult result) =>
        $"{result.Status} on {result.Channel} after {string.Join(", ", result.Attempts.Select(static one => $"{one.Channel} {one.Status}"))}"
        + (result.Reason is { } reason ? $" because {reason}" : "");
}
