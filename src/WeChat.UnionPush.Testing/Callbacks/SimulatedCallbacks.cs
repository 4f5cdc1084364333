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
    private readonly SimulatedPlatform _platform;
    private readonly DeliveryQueue _queue;
    private long _verifications;

    internal SimulatedCallbacks(SimulatedPlatform platform)
    {
        _platform = platform;
        _queue = new DeliveryQueue(platform);
    }

    /// <summary>
    /// How many pushes may be under way at once, over all accounts. 64 by default; with 1, events come in their order but for retries.
    /// </summary>
    public int Concurrency
    {
        get => _queue.Concurrency;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _queue.Concurrency = value;
        }
    }

    /// <summary>How many settled pushes <see cref="Recent"/> keeps. 100 by default.</summary>
    public int Capacity
    {
        get => _queue.Capacity;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _queue.Capacity = value;
        }
    }

    /// <summary>How many events have happened in accounts with a callback.</summary>
    public long Events => _queue.Counts.Events;

    /// <summary>How many pushes were duplicates, beside the one of each event.</summary>
    public long Duplicates => _queue.Counts.Duplicates;

    /// <summary>How often something was sent, with all attempts.</summary>
    public long Requests => _queue.Counts.Requests;

    /// <summary>How many pushes the receiver took.</summary>
    public long Delivered => _queue.Counts.Delivered;

    /// <summary>How many of the <see cref="Requests"/> were a second or third attempt.</summary>
    public long Retried => _queue.Counts.Retried;

    /// <summary>How many pushes were given up after the third attempt.</summary>
    public long GivenUp => _queue.Counts.GivenUp;

    /// <summary>How many pushes are neither delivered nor given up yet.</summary>
    public long Pending => _queue.Pending;

    /// <summary>The pushes that were delivered or given up last, oldest first, at most <see cref="Capacity"/>.</summary>
    public IReadOnlyList<SimulatedDelivery> Recent => _queue.Recent;

    /// <summary>
    /// Checks a URL as the console does before it saves it: a GET with <c>echostr</c>, signed.
    /// </summary>
    /// <param name="callback">The callback; it need not be switched on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the answer was HTTP 200 and the <c>echostr</c> as it was sent.</returns>
    public async Task<bool> VerifyAsync(SimulatedCallback callback, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var random = DeliveryQueue.Random(_platform.SeedState, -Interlocked.Increment(ref _verifications));
        var echo = Scrambler.Mix(random).ToString(CultureInfo.InvariantCulture);
        var query = $"{Push.Sign(callback.Token, _platform.Now, random, out _, out _)}&echostr={echo}";
        var (status, body) = await callback.SendAsync(query, default, cancellationToken).ConfigureAwait(false);
        return status == 200 && string.Equals(body, echo, StringComparison.Ordinal);
    }

    /// <summary>Waits until nothing is under way: what is left waits for the clock.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WhenIdleAsync(CancellationToken cancellationToken = default) => _queue.WaitAsync(settled: false, cancellationToken);

    /// <summary>
    /// Waits until every push is delivered or given up. A <see cref="ManualTimeProvider"/> is moved to the moments at which delayed and repeated
    /// pushes are due; it is not moved while a receiver works, so one that waits for the clock, or never answers, needs the test to move it.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task SettleAsync(CancellationToken cancellationToken = default) => _queue.SettleAsync(cancellationToken);

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
        _queue.Add(app, callback, openId, name, message, now);
    }

    /// <summary>Pushes what does not consist of plain fields only.</summary>
    internal void Raise(SimulatedApp app, long person, string name, Func<SimulatedCallback, string, DateTimeOffset, string> write)
    {
        if (app.Callback is { } callback)
        {
            var now = _platform.Now;
            var openId = app.Identifiers.Encode(person);
            _queue.Add(app, callback, openId, name, write(callback, openId, now), now);
        }
    }

    /// <summary>Pushes once more what was pushed before, the same in every byte.</summary>
    internal void RaiseAgain(Push push) => _queue.AddAgain(push);

    internal void RaiseBody(SimulatedApp app, long person, string message)
    {
        if (app.Callback is { } callback)
        {
            _queue.Add(app, callback, app.Identifiers.Encode(person), name: null, message, _platform.Now);
        }
    }
}
