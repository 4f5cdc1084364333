using System.Threading.Channels;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>What has happened on the platform: calls, pushes to callbacks, messages on phones. The last of each are kept.</summary>
internal sealed partial class Journal(PlatformSimulator simulator, SimulatorOptions options)
{
    private const int MostUnread = 4_000;
    private const int MostNotDelivered = 10_000;

    private readonly object _gate = new();
    private readonly Ring<CallEntry> _calls = new(options.MaxCalls);
    private readonly Ring<CallbackEntry> _callbacks = new(options.MaxCallbacks);
    private readonly Ring<MessageEntry> _messages = new(options.MaxMessages);
    private readonly Dictionary<long, TaskCompletionSource> _firstAttempts = [];
    private readonly List<Subscriber> _subscribers = [];
    private readonly AsyncLocal<List<long>?> _caused = new();
    private readonly AsyncLocal<long?> _replaying = new();
    private readonly Dictionary<long, string> _notDelivered = [];
    private readonly Queue<long> _notDeliveredOldestFirst = new();
    private long _lastId;

    /// <summary>Does something and answers which pushes to callbacks it caused, after each has been sent once.</summary>
    public async Task<IReadOnlyList<CallbackEntry>> WatchAsync(Action action, CancellationToken cancellationToken)
    {
        var caused = new List<long>();
        _caused.Value = caused;
        try
        {
            action();
        }
        finally
        {
            _caused.Value = null;
        }

        Task[] waits;
        lock (_gate)
        {
            waits = [.. caused.Select(id => _firstAttempts.TryGetValue(id, out var source) ? source.Task : Task.CompletedTask)];
        }

        try
        {
            // The receiver has five seconds. Real ones: somebody waits for this answer, whatever the platform's clock does.
            await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(6), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It is shown as pending.
        }

        lock (_gate)
        {
            foreach (var id in caused)
            {
                _firstAttempts.Remove(id);
            }

            return [.. caused.Select(_callbacks.Find).OfType<CallbackEntry>()];
        }
    }

    /// <summary>Sends a call again; what comes of it is marked as a repetition.</summary>
    public async Task<CallEntry?> ReplayAsync(long id, Func<Task> send)
    {
        _replaying.Value = id;
        long before;
        lock (_gate)
        {
            before = _lastId;
        }

        try
        {
            await send().ConfigureAwait(false);
        }
        finally
        {
            _replaying.Value = null;
        }

        lock (_gate)
        {
            return Array.FindLast(_calls.ToArray(), entry => entry.Id > before && entry.ReplayOf == id);
        }
    }

    public CallEntry[] Calls()
    {
        lock (_gate)
        {
            return _calls.ToArray();
        }
    }

    public CallbackEntry[] Callbacks()
    {
        lock (_gate)
        {
            return _callbacks.ToArray();
        }
    }

    public MessageEntry[] Messages()
    {
        lock (_gate)
        {
            return _messages.ToArray();
        }
    }

    public CallEntry? FindCall(long id)
    {
        lock (_gate)
        {
            return _calls.Find(id);
        }
    }

    public CallbackEntry? FindCallback(long id)
    {
        lock (_gate)
        {
            return _callbacks.Find(id);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _calls.Clear();
            _callbacks.Clear();
            _messages.Clear();
            Publish(new("reset", null));
        }
    }

    /// <summary>Takes in what was exported.</summary>
    public void Restore(IEnumerable<MessageEntry> messages, IEnumerable<CallEntry> calls, IEnumerable<CallbackEntry> callbacks)
    {
        lock (_gate)
        {
            foreach (var message in messages)
            {
                _messages.Add(message);
                _lastId = Math.Max(_lastId, message.Id);
            }

            foreach (var call in calls)
            {
                _calls.Add(call);
                _lastId = Math.Max(_lastId, call.Id);
            }

            foreach (var callback in callbacks)
            {
                _callbacks.Add(callback with { Push = null });
                _lastId = Math.Max(_lastId, callback.Id);
            }

            Publish(new("reset", null));
        }
    }

    /// <summary>Something other than an entry has changed: people, apps, faults, the clock.</summary>
    public void Changed(string what)
    {
        lock (_gate)
        {
            Publish(new("change", what));
        }
    }

    /// <summary>Adds what a person wrote, or did, to the phone.</summary>
    public void Note(string appId, long person, string kind, string text)
    {
        lock (_gate)
        {
            Keep(new MessageEntry(++_lastId, simulator.Platform.Now, appId, person, kind, null) { Text = text });
        }
    }

    /// <summary>A call of something that the platform does not have.</summary>
    public void NotSimulated(string method, string path, string query)
    {
        var platform = simulator.Platform;
        lock (_gate)
        {
            var entry = new CallEntry(
                ++_lastId, platform.Now, method, path, Redactor.Query(query, platform), null, null, 404, null, "notSimulated", null, null, 0, null, null, IsWhole: false)
            {
                ReplayOf = _replaying.Value,
            };
            _calls.Add(entry);
            Publish(new("call", entry));
        }
    }

    public Subscription Subscribe()
    {
        var subscriber = new Subscriber();
        lock (_gate)
        {
            _subscribers.Add(subscriber);
        }

        return new Subscription(subscriber.Reader, () =>
        {
            lock (_gate)
            {
                _subscribers.Remove(subscriber);
            }
        });
    }

    private void Keep(MessageEntry entry)
    {
        _messages.Add(entry);
        Publish(new("phone", entry));
    }

    private void Publish(JournalEvent happened)
    {
        foreach (var subscriber in _subscribers)
        {
            subscriber.Write(happened);
        }
    }

    internal sealed class Subscription(ChannelReader<JournalEvent> reader, Action end) : IDisposable
    {
        public ChannelReader<JournalEvent> Reader { get; } = reader;

        public void Dispose() => end();
    }

    /// <summary>A page that does not read as quickly as things happen loses what it has not read, and is told to begin anew.</summary>
    private sealed class Subscriber
    {
        private readonly Channel<JournalEvent> _channel = Channel.CreateUnbounded<JournalEvent>();

        public ChannelReader<JournalEvent> Reader => _channel.Reader;

        public void Write(JournalEvent happened)
        {
            if (_channel.Reader.Count >= MostUnread)
            {
                while (_channel.Reader.TryRead(out _))
                {
                }

                happened = new("reset", null);
            }

            _channel.Writer.TryWrite(happened);
        }
    }
}
