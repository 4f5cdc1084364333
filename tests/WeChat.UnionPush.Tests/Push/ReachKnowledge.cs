using System.Collections.Concurrent;
using WeChat.UnionPush.Callbacks;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>
/// What the hosts of a town can know of its people: what the platform told them in events that they have handled, and in its answers. A call that the platform
/// refuses for a reason that was known before it is one for nothing.
/// </summary>
internal sealed class ReachKnowledge(Town town)
{
    private readonly Lock _gate = new();
    private readonly HashSet<(long Person, string TemplateId, long Second)> _unheardEnds = [];
    private readonly HashSet<(long Person, long Second)> _unheardLeaves = [];
    private readonly Dictionary<long, DateTimeOffset> _refusesSince = [];
    private readonly HashSet<long> _answeredRefusals = [];
    private readonly HashSet<long> _knownRefusals = [];
    private readonly ConcurrentDictionary<long, ConcurrentQueue<string>> _tales = [];
    private HashSet<(long Person, string TemplateId)> _unheardLately = [];
    private HashSet<(long Person, string TemplateId)> _unheardBefore = [];
    private int _unforeseen;

    /// <summary>Calls that should not have been made.</summary>
    public ConcurrentQueue<string> InVain { get; } = [];

    /// <summary>How many refusals nobody could have known of.</summary>
    public int Unforeseen => _unforeseen;

    private long Second => town.Time.GetUtcNow().ToUnixTimeSeconds();

    public void Tell(SimulatedPerson person, string act) => _tales.GetOrAdd(person.Index, static _ => []).Enqueue(act);

    /// <summary>What happened to somebody, for a test that failed.</summary>
    public string TaleOf(SimulatedPerson person) => $"The tale of {person}:\n{string.Join('\n', _tales.GetValueOrDefault(person.Index) ?? [])}";

    public void BeginStep()
    {
        lock (_gate)
        {
            (_unheardBefore, _unheardLately) = (_unheardLately, [.. _unheardEnds.Select(static end => (end.Person, end.TemplateId))]);
        }
    }

    /// <summary>Nothing is at work: what was answered is written down.</summary>
    public void Settle()
    {
        lock (_gate)
        {
            _knownRefusals.UnionWith(_answeredRefusals);
            _answeredRefusals.Clear();
        }
    }

    /// <summary>What is known of somebody now.</summary>
    public TownKnown Of(SimulatedPerson person)
    {
        lock (_gate)
        {
            return new(
                [.. _unheardEnds.Where(end => end.Person == person.Index).Select(static end => end.TemplateId)],
                _knownRefusals.Contains(person.Index),
                !person.IsFollowing(town.Account) && !_unheardLeaves.Any(leave => leave.Person == person.Index));
        }
    }

    public bool Refuses(SimulatedPerson person)
    {
        lock (_gate)
        {
            return _refusesSince.ContainsKey(person.Index);
        }
    }

    public void BeginsToRefuse(SimulatedPerson person)
    {
        lock (_gate)
        {
            _refusesSince[person.Index] = town.Time.GetUtcNow();
        }
    }

    public void Accepts(SimulatedPerson person)
    {
        lock (_gate)
        {
            _refusesSince.Remove(person.Index);
            _answeredRefusals.Remove(person.Index);
            _knownRefusals.Remove(person.Index);
        }
    }

    public void Leaves(SimulatedPerson person)
    {
        Accepts(person);
        lock (_gate)
        {
            _unheardLeaves.Add((person.Index, Second));
        }
    }

    public void Ends(SimulatedPerson person, string templateId)
    {
        lock (_gate)
        {
            _unheardEnds.Add((person.Index, templateId, Second));
            _unheardLately.Add((person.Index, templateId));
        }
    }

    /// <summary>A host has handled an event.</summary>
    public void Hears(SimulatedPerson person, IWeChatEvent received)
    {
        var (at, what) = (received.Callback.CreatedAt, received.Callback.EventName ?? "text");
        Tell(person, $"heard at {town.Time.GetUtcNow():HH:mm:ss.fff}: {what} of {at:HH:mm:ss}");
        lock (_gate)
        {
            switch (received)
            {
                case SubscribeMessageChangeEvent change:
                    _unheardEnds.ExceptWith(change.Choices.Select(choice => (person.Index, choice.TemplateId, at.ToUnixTimeSeconds())));
                    break;
                case UnsubscribeEvent:
                    _unheardLeaves.Remove((person.Index, at.ToUnixTimeSeconds()));
                    break;
                case TemplateSendJobFinishEvent { Status: TemplateDeliveryStatus.UserBlocked } when _refusesSince.TryGetValue(person.Index, out var since) && at >= since:
                    _knownRefusals.Add(person.Index);
                    break;
            }
        }
    }

    /// <summary>The platform answered to a template message.</summary>
    public void AnsweredTemplate(TownPush push, int code, bool isBlocked)
    {
        Tell(push.Person, $"answered at {town.Time.GetUtcNow():HH:mm:ss.fff}: {code} to the template message of {push.Name}{(isBlocked ? ", and blocked" : "")}");
        if (code == 43101 || isBlocked)
        {
            Judge(push, push.Calls.Any(static known => known.Refuses), "whose refusal was known");
            lock (_gate)
            {
                if (code == 43101 && _refusesSince.ContainsKey(push.Person.Index))
                {
                    _answeredRefusals.Add(push.Person.Index);
                }
            }
        }
        else if (code == 43004)
        {
            Judge(push, push.Calls.Any(static known => known.HasLeft), "who was known to have left");
        }
    }

    /// <summary>The platform answered that no credit is left.</summary>
    public void AnsweredEmpty(TownPush push, string templateId)
    {
        Tell(push.Person, $"answered at {town.Time.GetUtcNow():HH:mm:ss.fff}: 43101 to {push.Name} with {templateId}");
        var calls = push.Calls;
        lock (_gate)
        {
            // What goes on by itself, with an event, began in this step or the one before.
            Judge(
                push,
                calls.Count > 0 ? calls.Any(known => !known.UnheardEnds.Contains(templateId))
                    : !_unheardLately.Contains((push.Person.Index, templateId)) && !_unheardBefore.Contains((push.Person.Index, templateId)),
                $"whose last credit of {templateId} was known to be gone");
        }
    }

    private void Judge(TownPush push, bool isKnown, string why)
    {
        if (isKnown)
        {
            InVain.Enqueue($"{push}, {why}. {TaleOf(push.Person)}");
        }
        else
        {
            Interlocked.Increment(ref _unforeseen);
        }
    }
}

/// <summary>What was known of somebody when a push to them began.</summary>
/// <param name="UnheardEnds">Templates whose credits ended, and no host was told yet.</param>
/// <param name="Refuses">Whether the account's messages are known to be refused.</param>
/// <param name="HasLeft">Whether it is known that they do not follow.</param>
internal sealed record TownKnown(IReadOnlyList<string> UnheardEnds, bool Refuses, bool HasLeft);
