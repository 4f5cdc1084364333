namespace WeChat.UnionPush.Storage;

/// <summary>
/// The default inbox, in memory. Events that wait are lost when the process ends. It is bounded: when it is full, it first drops handled events, the
/// oldest first, and then accepts no more.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">Approximately how many bytes the events may take: a hundred thousand events of ordinary size.</param>
internal sealed class InMemoryWeChatEventInbox(TimeProvider time, long capacity = 128 << 20) : IWeChatEventInbox
{
    private readonly object _gate = new();
    private readonly Dictionary<(string AppId, string Key), Row> _rows = [];
    private readonly Dictionary<string, SortedSet<Row>> _waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<(string AppId, string OpenId), (string LeaseId, DateTimeOffset Until, int Count)> _out = [];
    private Queue<Row> _settled = [];
    private long _size;
    private long _sequence;

    public ValueTask<bool> TryAddAsync(IReadOnlyCollection<WeChatCallback> callbacks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(callbacks);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var added = new Dictionary<(string, string), Row>(callbacks.Count);
            foreach (var callback in callbacks)
            {
                if (!_rows.ContainsKey((callback.AppId, callback.DeduplicationKey)))
                {
                    added.TryAdd((callback.AppId, callback.DeduplicationKey), new Row(callback, ++_sequence, Now()));
                }
            }

            var needed = added.Values.Sum(static row => row.Size);
            while (_size + needed > capacity && _settled.TryDequeue(out var oldest))
            {
                Forget(oldest);
            }

            if (_size + needed > capacity)
            {
                return new(false);
            }

            foreach (var (name, row) in added)
            {
                _rows.Add(name, row);
                Waiting(row.AppId).Add(row);
            }

            _size += needed;
        }

        return new(true);
    }

    public ValueTask<IReadOnlyList<TakenWeChatEvent>> TakeAsync(
        IReadOnlyCollection<string> appIds, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(appIds);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = Now();
            var leaseId = Guid.NewGuid().ToString("N");
            var taken = appIds.Distinct(StringComparer.Ordinal)
                .SelectMany(appId => Waiting(appId).TakeWhile(row => row.AvailableAt <= now).Where(row => !IsOut(row.Sender, now)).Take(limit))
                .Order(Row.LongestWaitingFirst)
                .Take(limit)
                .ToList();
            foreach (var row in taken)
            {
                var others = _out.TryGetValue(row.Sender, out var lease) && string.Equals(lease.LeaseId, leaseId, StringComparison.Ordinal) ? lease.Count : 0;
                _out[row.Sender] = (leaseId, now + leaseDuration, others + 1);
                Waiting(row.AppId).Remove(row);
                row.LeaseId = leaseId;
                row.Attempt++;
                row.AvailableAt = now + leaseDuration;
                Waiting(row.AppId).Add(row);
            }

            return new(taken.ConvertAll(row => new TakenWeChatEvent(row.AppId, row.Key, row.Body, row.Attempt, leaseId) { Progress = row.Progress }));
        }
    }

    public ValueTask CompleteAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) =>
        SettleAsync(events, keepBody: false, cancellationToken);

    public ValueTask BuryAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) =>
        SettleAsync(events, keepBody: true, cancellationToken);

    public ValueTask ReturnAsync(IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset availableAt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            foreach (var (row, taken) in Held(events))
            {
                Note(row, taken.Progress);
                row.AvailableAt = availableAt;
                Waiting(row.AppId).Add(row);
            }
        }

        return default;
    }

    public ValueTask<IReadOnlyList<BuriedWeChatEvent>> ListBuriedAsync(string appId, int limit, BuriedWeChatEvent? after = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new([.. _settled
                .Where(row => row.IsBuried && string.Equals(row.AppId, appId, StringComparison.Ordinal))
                .Order(Row.LastSettledFirst)
                .Select(static row => new BuriedWeChatEvent(row.AppId, row.Key, row.Sender.OpenId, row.Body, row.Attempt, row.SettledAt))
                .Where(buried => after is null || IsBehind(buried, after))
                .Take(limit)]);
        }

        static bool IsBehind(BuriedWeChatEvent one, BuriedWeChatEvent other) =>
            one.BuriedAt < other.BuriedAt || (one.BuriedAt == other.BuriedAt && Utf8Order.Instance.Compare(one.DeduplicationKey, other.DeduplicationKey) < 0);
    }

    public ValueTask<int> RequeueAsync(string appId, IReadOnlyCollection<string> deduplicationKeys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(deduplicationKeys);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var requeued = new HashSet<Row>();
            foreach (var key in deduplicationKeys)
            {
                if (_rows.TryGetValue((appId, key), out var row) && row.IsBuried && requeued.Add(row))
                {
                    row.IsBuried = false;
                    row.Attempt = 0;
                    row.AvailableAt = Now();
                    Waiting(appId).Add(row);
                }
            }

            if (requeued.Count > 0)
            {
                _settled = new(_settled.Where(row => !requeued.Contains(row)));
            }

            return new(requeued.Count);
        }
    }

    public ValueTask<int> ExpireAsync(DateTimeOffset settledBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        var forgotten = 0;
        lock (_gate)
        {
            for (; forgotten < limit && _settled.TryPeek(out var oldest) && oldest.SettledAt < settledBefore; forgotten++)
            {
                Forget(_settled.Dequeue());
            }
        }

        return new(forgotten);
    }

    private ValueTask SettleAsync(IReadOnlyCollection<TakenWeChatEvent> events, bool keepBody, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            foreach (var (row, taken) in Held(events))
            {
                row.SettledAt = Now();
                Note(row, keepBody ? taken.Progress : "");
                row.IsBuried = keepBody;
                if (!keepBody)
                {
                    _size -= row.Size;
                    row.Body = "";
                    _size += row.Size;
                }

                _settled.Enqueue(row);
            }
        }

        return default;
    }

    /// <summary>The rows of events that nobody else has taken meanwhile, with their lease ended.</summary>
    private IEnumerable<(Row Row, TakenWeChatEvent Taken)> Held(IReadOnlyCollection<TakenWeChatEvent> events)
    {
        foreach (var taken in events)
        {
            if (!_rows.TryGetValue((taken.AppId, taken.DeduplicationKey), out var row) || !string.Equals(row.LeaseId, taken.LeaseId, StringComparison.Ordinal))
            {
                continue;
            }

            if (_out.TryGetValue(row.Sender, out var lease) && string.Equals(lease.LeaseId, taken.LeaseId, StringComparison.Ordinal))
            {
                if (lease.Count == 1)
                {
                    _out.Remove(row.Sender);
                }
                else
                {
                    _out[row.Sender] = lease with { Count = lease.Count - 1 };
                }
            }

            row.LeaseId = null;
            Waiting(row.AppId).Remove(row);
            yield return (row, taken);
        }
    }

    private bool IsOut((string AppId, string OpenId) sender, DateTimeOffset now) => _out.TryGetValue(sender, out var lease) && lease.Until > now;

    private void Note(Row row, string progress)
    {
        _size -= row.Size;
        row.Progress = progress;
        _size += row.Size;
    }

    private void Forget(Row row)
    {
        _rows.Remove((row.AppId, row.Key));
        _size -= row.Size;
    }

    private SortedSet<Row> Waiting(string appId)
    {
        if (!_waiting.TryGetValue(appId, out var rows))
        {
            _waiting.Add(appId, rows = new SortedSet<Row>(Row.LongestWaitingFirst));
        }

        return rows;
    }

    private DateTimeOffset Now() => Millisecond.Cut(time.GetUtcNow());

    private sealed class Row(WeChatCallback callback, long sequence, DateTimeOffset availableAt)
    {
        private const int Overhead = 512;

        public static readonly Comparer<Row> LongestWaitingFirst = Comparer<Row>.Create(static (left, right) =>
            left.AvailableAt != right.AvailableAt ? left.AvailableAt.CompareTo(right.AvailableAt) : left.Sequence.CompareTo(right.Sequence));

        public static readonly Comparer<Row> LastSettledFirst = Comparer<Row>.Create(static (left, right) =>
            left.SettledAt != right.SettledAt ? right.SettledAt.CompareTo(left.SettledAt) : Utf8Order.Instance.Compare(right.Key, left.Key));

        public string AppId { get; } = callback.AppId;

        public string Key { get; } = callback.DeduplicationKey;

        public (string AppId, string OpenId) Sender { get; } = (callback.AppId, callback.OpenId);

        public string Body { get; set; } = callback.Body;

        public string Progress { get; set; } = "";

        public long Size => Overhead + (sizeof(char) * ((long)Body.Length + Progress.Length));

        public long Sequence { get; } = sequence;

        /// <summary>The end of the lease while it is out. Changed only while the row is in no set that is ordered by it.</summary>
        public DateTimeOffset AvailableAt { get; set; } = availableAt;

        public string? LeaseId { get; set; }

        public int Attempt { get; set; }

        public DateTimeOffset SettledAt { get; set; }

        public bool IsBuried { get; set; }
    }
}
