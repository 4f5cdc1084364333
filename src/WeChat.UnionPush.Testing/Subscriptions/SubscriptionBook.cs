namespace WeChat.UnionPush.Testing;

/// <summary>The subscription templates of one app, and what people have tapped: one tap of "allow" is one message.</summary>
internal sealed class SubscriptionBook(SimulatedApp app)
{
    private const int Most = 1_000;
    private readonly Gate _gate = new();
    private readonly Dictionary<string, SimulatedTemplate> _byId = new(StringComparer.Ordinal);
    private readonly List<SimulatedTemplate> _all = [];
    private readonly Dictionary<(long Person, string TemplateId), int> _credits = [];
    private readonly Queue<SimulatedSubscriptionMessage> _messages = new();
    private readonly Dictionary<long, DateTimeOffset> _busyUntil = [];
    private long _lastMessageId = 2_400_000_000_000_000_000 + (long)(Scrambler.Mix(Scrambler.Hash(app.Platform.SeedState, app.AppId)) >> 8);

    public IReadOnlyList<SimulatedTemplate> Templates
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    /// <summary>The last messages, oldest first.</summary>
    public IReadOnlyList<SimulatedSubscriptionMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <summary>How long a person is busy after a message, so that another one is answered 43108.</summary>
    public TimeSpan BusyAfterMessage { get; set; }

    public bool IsBusy(long person, DateTimeOffset now)
    {
        lock (_gate)
        {
            return _busyUntil.TryGetValue(person, out var until) && now < until;
        }
    }

    public SimulatedTemplate Add(string title, string content, string example, string? templateId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        ArgumentException.ThrowIfNullOrWhiteSpace(content);
        var template = new SimulatedTemplate(templateId ?? app.Platform.NextText(43), title, content, example, 1, 2);
        if (template.Keys.Count == 0)
        {
            throw new ArgumentException("The content has no key such as {{thing1.DATA}}.", nameof(content));
        }

        lock (_gate)
        {
            if (!_byId.TryAdd(template.Id, template))
            {
                throw new ArgumentException($"The app has a subscription template {template.Id} already.", nameof(templateId));
            }

            _all.Add(template);
            return template;
        }
    }

    public bool Remove(string templateId)
    {
        lock (_gate)
        {
            return _byId.Remove(templateId, out var template) && _all.Remove(template);
        }
    }

    public SimulatedTemplate? Find(string templateId)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(templateId);
        }
    }

    public int Credits(long person, string templateId)
    {
        lock (_gate)
        {
            return _credits.GetValueOrDefault((person, templateId));
        }
    }

    /// <summary>The person answers the request that the app put up.</summary>
    public void Tap(long person, SimulatedTemplate template, bool accepts)
    {
        if (accepts)
        {
            lock (_gate)
            {
                _credits[(person, template.Id)] = _credits.GetValueOrDefault((person, template.Id)) + 1;
            }
        }

        SubscriptionEvent.Popup(app, person, template.Id, accepts);
    }

    /// <summary>The person takes the consent back in the settings: what was allowed is gone.</summary>
    public void TurnOff(long person, SimulatedTemplate template)
    {
        lock (_gate)
        {
            _credits.Remove((person, template.Id));
        }

        SubscriptionEvent.Change(app, person, template.Id);
    }

    public void SetCredits(long person, string templateId, int credits)
    {
        lock (_gate)
        {
            _credits[(person, templateId)] = credits;
        }
    }

    public IReadOnlyList<(long Person, string TemplateId, int Credits)> AllCredits()
    {
        lock (_gate)
        {
            return [.. _credits.Where(static entry => entry.Value > 0).Select(static entry => (entry.Key.Person, entry.Key.TemplateId, entry.Value))];
        }
    }

    /// <summary>Takes a message and uses a tap up; null when there is none left.</summary>
    public SimulatedSubscriptionMessage? TryAccept(
        long person, SimulatedTemplate template, IReadOnlyDictionary<string, string> values, string? page, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_credits.GetValueOrDefault((person, template.Id)) is 0)
            {
                return null;
            }

            _credits[(person, template.Id)]--;
            _lastMessageId += 1 + (long)(Scrambler.Mix((ulong)_lastMessageId) & 0xFFFFFFFF);
            var message = new SimulatedSubscriptionMessage(_lastMessageId, new SimulatedPerson(app.Platform, person), template, values, now) { Page = page };
            if (BusyAfterMessage > TimeSpan.Zero)
            {
                _busyUntil[person] = now + BusyAfterMessage;
            }

            _messages.Enqueue(message);
            while (_messages.Count > Most)
            {
                _messages.Dequeue();
            }

            return message;
        }
    }
}
