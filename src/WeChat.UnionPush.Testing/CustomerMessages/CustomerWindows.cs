namespace WeChat.UnionPush.Testing;

/// <summary>
/// Who may be written to, and how often: what a person does opens a window for a few messages. See
/// <see href="https://developers.weixin.qq.com/doc/service/guide/product/message/Service_Center_messages.html"/>.
/// </summary>
internal sealed class CustomerWindows
{
    private const int Most = 100;
    private readonly Gate _gate = new();
    private readonly Dictionary<long, List<Window>> _windows = [];
    private readonly Queue<SimulatedCustomerMessage> _messages = new();

    /// <summary>The last messages, oldest first.</summary>
    public IReadOnlyList<SimulatedCustomerMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    public void Wrote(long person, DateTimeOffset now) => Open(person, now + PlatformRules.Seconds("window after a message"), PlatformRules.Number("messages after a message"));

    /// <summary>A follow, a scan, a click in the menu.</summary>
    public void Acted(long person, DateTimeOffset now) => Open(person, now + PlatformRules.Seconds("window after an act"), PlatformRules.Number("messages after an act"));

    /// <summary>Opened the Mini Program's customer service.</summary>
    public void Entered(long person, DateTimeOffset now) => Open(person, now + PlatformRules.Seconds("window after an act"), PlatformRules.Number("messages after entering"));

    public void Close(long person)
    {
        lock (_gate)
        {
            _windows.Remove(person);
        }
    }

    /// <summary>Uses one message of the window that closes first; answers 0, 45015 or 45047.</summary>
    public int TryUse(long person, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_windows.TryGetValue(person, out var windows))
            {
                return 45015;
            }

            windows.RemoveAll(window => window.Until <= now);
            if (windows.Count == 0)
            {
                _windows.Remove(person);
                return 45015;
            }

            if (windows.Where(static window => window.Left > 0).MinBy(static window => window.Until) is not { } open)
            {
                return 45047;
            }

            open.Left--;
            return 0;
        }
    }

    public void Keep(SimulatedCustomerMessage message)
    {
        lock (_gate)
        {
            _messages.Enqueue(message);
            while (_messages.Count > Most)
            {
                _messages.Dequeue();
            }
        }
    }

    private void Open(long person, DateTimeOffset until, int messages)
    {
        lock (_gate)
        {
            if (!_windows.TryGetValue(person, out var windows))
            {
                _windows.Add(person, windows = []);
            }

            // A second message of the person begins the count anew, and does not add to it.
            windows.RemoveAll(window => window.Size == messages);
            windows.Add(new Window { Until = until, Size = messages, Left = messages });
        }
    }

    private sealed class Window
    {
        public DateTimeOffset Until { get; init; }

        public int Size { get; init; }

        public int Left { get; set; }
    }
}
