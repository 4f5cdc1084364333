using System.Globalization;

namespace WeChat.UnionPush.Testing;

/// <summary>Sends pushes in the order in which they are due, so many at once, and sends again what was not taken.</summary>
internal sealed class DeliveryQueue(SimulatedPlatform platform)
{
    private static readonly int MostAttempts = PlatformRules.Number("push attempts");

    private static readonly TimeSpan AnswerTime = PlatformRules.Seconds("push answer time");

    private readonly Gate _gate = new();
    private readonly Queue<Delivery> _ready = new();
    private readonly PriorityQueue<Delivery, (DateTimeOffset Due, long Order)> _waiting = new();
    private readonly Queue<SimulatedDelivery> _recent = new();
    private readonly List<(bool Settled, TaskCompletionSource Source)> _waiters = [];
    private Delivery[] _heldBack = [];
    private ITimer? _timer;
    private long _enqueued;
    private int _underWay;
    private DeliveryCounts _counts;

    public int Concurrency { get; set; } = 64;

    public int Capacity { get; set; } = 100;

    public DeliveryCounts Counts
    {
        get
        {
            lock (_gate)
            {
                return _counts;
            }
        }
    }

    public long Pending
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count + _waiting.Count + _heldBack.Length + _underWay;
            }
        }
    }

    public IReadOnlyList<SimulatedDelivery> Recent
    {
        get
        {
            lock (_gate)
            {
                return [.. _recent];
            }
        }
    }

    private bool IsIdle => _underWay == 0 && _ready.Count == 0 && _heldBack.Length == 0;

    public static ulong Random(ulong seed, long number) => Scrambler.Mix(seed ^ Scrambler.Mix(~(ulong)number));

    public void Add(SimulatedApp app, SimulatedCallback callback, string openId, string? name, string message, DateTimeOffset now)
    {
        lock (_gate)
        {
            _counts.Events++;
            var random = Random(platform.SeedState, _counts.Events);
            var push = new Push(app, callback, openId, name, message, random);
            platform.Observer?.Raised(push);
            var due = now + (callback.Delay.From + ((callback.Delay.To - callback.Delay.From) * Fraction(random, 1)));
            Delivery[] deliveries = [new(push, due, isDuplicate: false)];
            if (Fraction(random, 2) < callback.DuplicateProbability)
            {
                _counts.Duplicates++;
                deliveries = [.. deliveries, new(push, due, isDuplicate: true)];
            }

            if (_heldBack.Length == 0 && _waiters.Count == 0 && Fraction(random, 3) < callback.ReorderProbability)
            {
                _heldBack = deliveries;
                return;
            }

            Enqueue(deliveries, now);
            ReleaseHeldBack(now);
            Start();
        }
    }

    /// <summary>Pushes once more what was pushed before, the same in every byte.</summary>
    public void AddAgain(Push push)
    {
        var now = platform.Now;
        lock (_gate)
        {
            _counts.Events++;
            _counts.Duplicates++;
            Enqueue([new(push, now, isDuplicate: true)], now);
            Start();
        }
    }

    public Task WaitAsync(bool settled, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ReleaseHeldBack(platform.Now);
            Start();
            if (IsIdle && (!settled || _waiting.Count == 0))
            {
                return Task.CompletedTask;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((settled, source));
            return source.Task.WaitAsync(cancellationToken);
        }
    }

    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (platform.TimeProvider is not ManualTimeProvider clock)
        {
            await WaitAsync(settled: true, cancellationToken).ConfigureAwait(false);
            return;
        }

        while (true)
        {
            await WaitAsync(settled: false, cancellationToken).ConfigureAwait(false);
            DateTimeOffset due;
            lock (_gate)
            {
                if (!IsIdle)
                {
                    continue;
                }

                if (!_waiting.TryPeek(out _, out var first))
                {
                    return;
                }

                due = first.Due;
            }

            if (due - clock.GetUtcNow() is var wait && wait > TimeSpan.Zero)
            {
                clock.Advance(wait);
            }

            Release();
        }
    }

    private static double Fraction(ulong random, ulong draw) => Scrambler.ToFraction(Scrambler.Mix(random + draw));

    private void ReleaseHeldBack(DateTimeOffset now)
    {
        Enqueue(_heldBack, now);
        _heldBack = [];
    }

    private void Enqueue(ReadOnlySpan<Delivery> deliveries, DateTimeOffset now)
    {
        foreach (var delivery in deliveries)
        {
            if (delivery.Due <= now)
            {
                _ready.Enqueue(delivery);
            }
            else
            {
                _waiting.Enqueue(delivery, (delivery.Due, ++_enqueued));
                SetTimer(now);
            }
        }
    }

    private void SetTimer(DateTimeOffset now)
    {
        if (_waiting.TryPeek(out _, out var first))
        {
            _timer ??= platform.TimeProvider.CreateTimer(
                static queue => ((DeliveryQueue)queue!).Release(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(first.Due > now ? first.Due - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sends off what has become due.</summary>
    private void Release()
    {
        lock (_gate)
        {
            var now = platform.Now;
            while (_waiting.TryPeek(out var delivery, out var first) && first.Due <= now)
            {
                _waiting.Dequeue();
                _ready.Enqueue(delivery);
            }

            SetTimer(now);
            Start();
        }
    }

    private void Start()
    {
        while (_underWay < Concurrency && _ready.TryDequeue(out var delivery))
        {
            _underWay++;

            // Unsafe means without the caller's context: what a host keeps in one, such as its current activity, does not travel through WeChat.
            ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Queue.SendAsync(work.Delivery), (Queue: this, Delivery: delivery), preferLocal: false);
        }
    }

    private async Task SendAsync(Delivery delivery)
    {
        var sentAt = platform.Now;
        delivery.Attempts++;
        var startedAt = platform.TimeProvider.GetTimestamp();
        var answer = await TrySendAsync(delivery.Push, sentAt).ConfigureAwait(false);
        var failure = answer.Failure;
        platform.Observer?.Attempted(
            delivery.Push, delivery.Attempts, isLast: failure is null || delivery.Attempts == MostAttempts, answer, platform.TimeProvider.GetElapsedTime(startedAt));
        lock (_gate)
        {
            _counts.Requests++;
            _counts.Retried += delivery.Attempts > 1 ? 1 : 0;
            if (failure is null || delivery.Attempts == MostAttempts)
            {
                _counts.Delivered += failure is null ? 1 : 0;
                _counts.GivenUp += failure is null ? 0 : 1;
                Keep(delivery, failure);
            }
            else
            {
                delivery.Due = sentAt + AnswerTime;
                Enqueue([delivery], platform.Now);
            }

            _underWay--;
            Start();
            if (IsIdle)
            {
                var isSettled = _waiting.Count == 0;
                _waiters.RemoveAll(waiter => (isSettled || !waiter.Settled) && waiter.Source.TrySetResult());
            }
        }
    }

    private void Keep(Delivery delivery, string? failure)
    {
        if (Capacity > 0)
        {
            _recent.Enqueue(delivery.Push.ToDelivery(delivery.IsDuplicate, delivery.Attempts, failure));
        }

        while (_recent.Count > Capacity)
        {
            _recent.Dequeue();
        }
    }

    /// <summary>Sends a push once; answers what came, and what is wrong with it.</summary>
    private async Task<PushAnswer> TrySendAsync(Push push, DateTimeOffset now)
    {
        using var limit = new CancellationTokenSource(AnswerTime, platform.TimeProvider);
        try
        {
            var (query, bytes) = push.Seal(now);
            var answer = push.Callback.SendAsync(query, bytes, limit.Token);

            // A receiver that goes on after the connection was dropped has nobody left to tell of its failure.
            _ = answer.ContinueWith(
                static late => _ = late.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            var (status, body) = await answer.WaitAsync(limit.Token).ConfigureAwait(false);
            var failure = status != 200 ? string.Create(CultureInfo.InvariantCulture, $"HTTP {status}")
                : body is "" or "success" ? null
                : $"The answer was \"{(body.Length > 100 ? body[..100] + "…" : body)}\".";
            return new(status, body, failure);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new(null, null, "No answer within five seconds.");
        }
        catch (Exception exception)
        {
            return new(null, exception.Message, exception.ToString());
        }
    }

    private sealed class Delivery(Push push, DateTimeOffset due, bool isDuplicate)
    {
        public Push Push { get; } = push;

        public bool IsDuplicate { get; } = isDuplicate;

        public DateTimeOffset Due { get; set; } = due;

        public int Attempts { get; set; }
    }
}
