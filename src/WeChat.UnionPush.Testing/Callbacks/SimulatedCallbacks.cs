using System.Globalization;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// What the platform pushes to the callbacks of its accounts. A push that is not answered by HTTP 200 with <c>success</c> or nothing within five
/// seconds is sent again, the same in every byte, five seconds after it was sent before: three times in all.
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/dev/push/"/>.
/// </summary>
/// <remarks>Every event counts in <see cref="Events"/>, every push of it ends in <see cref="Delivered"/> or <see cref="GivenUp"/>.</remarks>
public sealed class SimulatedCallbacks
{
    private const int MostAttempts = 3;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);
    private readonly Gate _gate = new();
    private readonly SimulatedPlatform _platform;
    private readonly Queue<Delivery> _ready = new();
    private readonly PriorityQueue<Delivery, (DateTimeOffset Due, long Order)> _waiting = new();
    private readonly Queue<SimulatedDelivery> _recent = new();
    private readonly List<(bool Settled, TaskCompletionSource Source)> _waiters = [];
    private Delivery[] _heldBack = [];
    private ITimer? _timer;
    private long _enqueued;
    private long _verifications;
    private int _underWay;
    private int _concurrency = 64;
    private int _capacity = 100;
    private Counts _counts;

    internal SimulatedCallbacks(SimulatedPlatform platform) => _platform = platform;

    /// <summary>
    /// How many pushes may be under way at once, over all accounts. 64 by default; with 1, events come in their order but for retries.
    /// </summary>
    public int Concurrency
    {
        get => _concurrency;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _concurrency = value;
        }
    }

    /// <summary>How many settled pushes <see cref="Recent"/> keeps. 100 by default.</summary>
    public int Capacity
    {
        get => _capacity;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _capacity = value;
        }
    }

    /// <summary>How many events have happened in accounts with a callback.</summary>
    public long Events => Read().Events;

    /// <summary>How many pushes were duplicates, beside the one of each event.</summary>
    public long Duplicates => Read().Duplicates;

    /// <summary>How often something was sent, with all attempts.</summary>
    public long Requests => Read().Requests;

    /// <summary>How many pushes the receiver took.</summary>
    public long Delivered => Read().Delivered;

    /// <summary>How many of the <see cref="Requests"/> were a second or third attempt.</summary>
    public long Retried => Read().Retried;

    /// <summary>How many pushes were given up after the third attempt.</summary>
    public long GivenUp => Read().GivenUp;

    /// <summary>How many pushes are neither delivered nor given up yet.</summary>
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

    /// <summary>The pushes that were delivered or given up last, oldest first, at most <see cref="Capacity"/>.</summary>
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

    /// <summary>
    /// Checks a URL as the console does before it saves it: a GET with <c>echostr</c>, signed.
    /// </summary>
    /// <param name="callback">The callback; it need not be switched on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the answer was HTTP 200 and the <c>echostr</c> as it was sent.</returns>
    public async Task<bool> VerifyAsync(SimulatedCallback callback, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var random = Random(-Interlocked.Increment(ref _verifications));
        var echo = Scrambler.Mix(random).ToString(CultureInfo.InvariantCulture);
        var query = $"{Push.Sign(callback.Token, _platform.Now, random, out _, out _)}&echostr={echo}";
        var (status, body) = await callback.SendAsync(query, default, cancellationToken).ConfigureAwait(false);
        return status == 200 && string.Equals(body, echo, StringComparison.Ordinal);
    }

    /// <summary>Waits until nothing is under way: what is left waits for the clock.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WhenIdleAsync(CancellationToken cancellationToken = default) => WaitAsync(settled: false, cancellationToken);

    /// <summary>
    /// Waits until every push is delivered or given up. A <see cref="ManualTimeProvider"/> is moved to the moments at which delayed and repeated
    /// pushes are due; it is not moved while a receiver works, so one that waits for the clock, or never answers, needs the test to move it.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task SettleAsync(CancellationToken cancellationToken = default)
    {
        if (_platform.TimeProvider is not ManualTimeProvider clock)
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

    internal void Raise(SimulatedApp app, long person, string name, params (string Name, string Value)[] fields)
    {
        if (app.Callback is not { } callback)
        {
            return;
        }

        var now = _platform.Now;
        var openId = app.Identifiers.Encode(person);
        var message = PushMessage.Write(callback.UsesJson,
        [
            ("ToUserName", app.OriginalId), ("FromUserName", openId), ("CreateTime", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
            ("MsgType", "event"), ("Event", name), .. fields,
        ]);
        Raise(app, callback, openId, name, message, now);
    }

    internal void RaiseBody(SimulatedApp app, long person, string message)
    {
        if (app.Callback is { } callback)
        {
            Raise(app, callback, app.Identifiers.Encode(person), name: null, message, _platform.Now);
        }
    }

    private bool IsIdle => _underWay == 0 && _ready.Count == 0 && _heldBack.Length == 0;

    private void Raise(SimulatedApp app, SimulatedCallback callback, string openId, string? name, string message, DateTimeOffset now)
    {
        lock (_gate)
        {
            _counts.Events++;
            var random = Random(_counts.Events);
            var push = new Push(app, callback, openId, name, message, random);
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

    private Counts Read()
    {
        lock (_gate)
        {
            return _counts;
        }
    }

    private ulong Random(long number) => Scrambler.Mix(_platform.SeedState ^ Scrambler.Mix(~(ulong)number));

    private static double Fraction(ulong random, ulong draw) => Scrambler.ToFraction(Scrambler.Mix(random + draw));

    private Task WaitAsync(bool settled, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ReleaseHeldBack(_platform.Now);
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
            _timer ??= _platform.TimeProvider.CreateTimer(
                static callbacks => ((SimulatedCallbacks)callbacks!).Release(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(first.Due > now ? first.Due - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sends off what has become due.</summary>
    private void Release()
    {
        lock (_gate)
        {
            var now = _platform.Now;
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
        while (_underWay < _concurrency && _ready.TryDequeue(out var delivery))
        {
            _underWay++;

            // Unsafe means without the caller's context: what a host keeps in one, such as its current activity, does not travel through WeChat.
            ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Callbacks.SendAsync(work.Delivery), (Callbacks: this, Delivery: delivery), preferLocal: false);
        }
    }

    private async Task SendAsync(Delivery delivery)
    {
        var sentAt = _platform.Now;
        delivery.Attempts++;
        var failure = await TrySendAsync(delivery.Push, sentAt).ConfigureAwait(false);
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
                Enqueue([delivery], _platform.Now);
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
        if (_capacity > 0)
        {
            _recent.Enqueue(delivery.Push.ToDelivery(delivery.IsDuplicate, delivery.Attempts, failure));
        }

        while (_recent.Count > _capacity)
        {
            _recent.Dequeue();
        }
    }

    /// <summary>Sends a push once; answers null, or what came instead of the answer that the platform expects.</summary>
    private async Task<string?> TrySendAsync(Push push, DateTimeOffset now)
    {
        using var limit = new CancellationTokenSource(AnswerTime, _platform.TimeProvider);
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
            return status != 200 ? string.Create(CultureInfo.InvariantCulture, $"HTTP {status}")
                : body is "" or "success" ? null
                : $"The answer was \"{(body.Length > 100 ? body[..100] + "…" : body)}\".";
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return "No answer within five seconds.";
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
    }

    private struct Counts
    {
        public long Events;
        public long Duplicates;
        public long Requests;
        public long Delivered;
        public long Retried;
        public long GivenUp;
    }

    private sealed class Delivery(Push push, DateTimeOffset due, bool isDuplicate)
    {
        public Push Push { get; } = push;

        public bool IsDuplicate { get; } = isDuplicate;

        public DateTimeOffset Due { get; set; } = due;

        public int Attempts { get; set; }
    }
}
