namespace WeChat.UnionPush.Testing;

/// <summary>The messages that one Official Account has sent.</summary>
internal sealed class Outbox(SimulatedOfficialAccount account)
{
    public const string Success = "success";

    private static readonly TimeSpan RepeatWindow = PlatformRules.Seconds("client_msg_id remembered");
    private static readonly TimeSpan SameContentWindow = PlatformRules.Seconds("same content refused for");
    private readonly Gate _gate = new();
    private readonly List<SimulatedMessage> _messages = [];
    private readonly Dictionary<long, SimulatedMessage> _byId = [];
    private readonly Dictionary<long, List<SimulatedMessage>> _byPerson = [];
    private readonly Dictionary<(long Person, string ClientMessageId), (long MessageId, DateTimeOffset At)> _clientIds = [];
    private readonly Queue<(long Person, string ClientMessageId, DateTimeOffset At)> _clientIdsOldestFirst = new();
    private readonly Dictionary<(long Person, ulong Content), DateTimeOffset> _contents = [];
    private readonly Queue<(long Person, ulong Content, DateTimeOffset At)> _contentsOldestFirst = new();
    private readonly Dictionary<long, DateTimeOffset> _busyUntil = [];
    private readonly Dictionary<long, int> _inMinute = [];
    private readonly List<BlockedMessage> _blocked = [];
    private long _minute;
    private long _lastMessageId = 3_400_000_000_000_000_000 + (long)(Scrambler.Mix(account.App.Platform.SeedState) >> 8);

    public long AcceptedCount { get; private set; }

    public long DeliveredCount { get; private set; }

    public IReadOnlyList<SimulatedMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    public IReadOnlyList<SimulatedMessage> MessagesTo(SimulatedPerson person)
    {
        lock (_gate)
        {
            return _byPerson.TryGetValue(person.Index, out var messages) ? [.. messages] : [];
        }
    }

    public SimulatedMessage? Find(long messageId)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(messageId);
        }
    }

    /// <summary>Takes a message that has passed all checks; gives its number, or an error code. A repetition gives the number without being taken.</summary>
    public bool TryAccept(in Draft draft, DateTimeOffset now, out long messageId, out int errorCode)
    {
        (messageId, errorCode) = (0, 0);
        lock (_gate)
        {
            Forget(now);
            if (draft.ClientMessageId is { } clientId && _clientIds.TryGetValue((draft.Person, clientId), out var earlier))
            {
                (messageId, errorCode) = account.RepeatedMessages == SimulatedRepeat.SameAnswer ? (earlier.MessageId, 0) : (0, 44007);
                return false;
            }

            if (_busyUntil.TryGetValue(draft.Person, out var until) && now < until)
            {
                errorCode = 43108;
                return false;
            }

            if (IsTooFrequent(draft.Person, now))
            {
                errorCode = 43117;
                return false;
            }

            if (account.RefusesSameContent)
            {
                var content = draft.ContentHash();
                if (!_contents.TryAdd((draft.Person, content), now))
                {
                    errorCode = 40241;
                    return false;
                }

                _contentsOldestFirst.Enqueue((draft.Person, content, now));
            }

            _lastMessageId += 1 + (long)(Scrambler.Mix((ulong)_lastMessageId) & 0xFFFFFFFF);
            if (draft.ClientMessageId is { } newClientId)
            {
                _clientIds.Add((draft.Person, newClientId), (_lastMessageId, now));
                _clientIdsOldestFirst.Enqueue((draft.Person, newClientId, now));
            }

            if (account.BusyAfterMessage > TimeSpan.Zero)
            {
                _busyUntil[draft.Person] = now + account.BusyAfterMessage;
            }

            AcceptedCount++;
            if (account.MessagesPerPersonAndMinute is not null)
            {
                _inMinute[draft.Person] = _inMinute.GetValueOrDefault(draft.Person) + 1;
            }

            DeliveredCount += string.Equals(draft.Status, Success, StringComparison.Ordinal) ? 1 : 0;
            var observer = account.App.Platform.Observer;
            if (account.KeepsMessages || observer is not null)
            {
                var message = draft.ToMessage(account, _lastMessageId, now);
                observer?.Accepted(account.App, message);
                if (account.KeepsMessages)
                {
                    Keep(message);
                }
            }

            messageId = _lastMessageId;
            return true;
        }
    }

    public void Block(SimulatedTemplate template, string openId, string content, DateTimeOffset now)
    {
        lock (_gate)
        {
            _blocked.Add(new BlockedMessage(_blocked.Count + 1, template, openId, content, now));
        }
    }

    public IReadOnlyList<BlockedMessage> BlockedMessages(string templateId, long after, int limit)
    {
        lock (_gate)
        {
            return [.. _blocked.Where(message => string.Equals(message.Template.Id, templateId, StringComparison.Ordinal) && message.Id > after).Take(limit)];
        }
    }

    private bool IsTooFrequent(long person, DateTimeOffset now)
    {
        if (_minute != ChinaTime.Minute(now))
        {
            _minute = ChinaTime.Minute(now);
            _inMinute.Clear();
        }

        return _inMinute.GetValueOrDefault(person) >= account.MessagesPerPersonAndMinute;
    }

    private void Keep(SimulatedMessage message)
    {
        _messages.Add(message);
        _byId.Add(message.MessageId, message);
        if (!_byPerson.TryGetValue(message.Person.Index, out var messages))
        {
            _byPerson.Add(message.Person.Index, messages = new List<SimulatedMessage>(1));
        }

        messages.Add(message);
    }

    private void Forget(DateTimeOffset now)
    {
        while (_clientIdsOldestFirst.TryPeek(out var oldest) && now - oldest.At >= RepeatWindow)
        {
            _clientIdsOldestFirst.Dequeue();
            _clientIds.Remove((oldest.Person, oldest.ClientMessageId));
        }

        while (_contentsOldestFirst.TryPeek(out var oldest) && now - oldest.At >= SameContentWindow)
        {
            _contentsOldestFirst.Dequeue();
            _contents.Remove((oldest.Person, oldest.Content));
        }
    }

    internal sealed record BlockedMessage(long Id, SimulatedTemplate Template, string OpenId, string Content, DateTimeOffset At);

    /// <summary>A message that has passed all checks of its own.</summary>
    internal readonly record struct Draft(
        long Person, SimulatedTemplate Template, IReadOnlyDictionary<string, string> Values, string? Url, string? MiniProgramAppId, string? PagePath,
        string? ClientMessageId, string Status)
    {
        public ulong ContentHash()
        {
            var hash = Scrambler.Hash(0, Template.Id);
            foreach (var (key, value) in Values)
            {
                hash = Scrambler.Hash(Scrambler.Hash(hash, key), value);
            }

            return hash;
        }

        public SimulatedMessage ToMessage(SimulatedOfficialAccount account, long messageId, DateTimeOffset now) =>
            new(messageId, new SimulatedPerson(account.App.Platform, Person), Template, Values, now, Status)
            {
                Url = Url,
                MiniProgramAppId = MiniProgramAppId,
                PagePath = PagePath,
                ClientMessageId = ClientMessageId,
            };
    }
}
