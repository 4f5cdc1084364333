namespace WeChat.UnionPush;

/// <summary>Renews a lease three times in its life until it is disposed, and says when the lease was lost: in the moment in which it ends at the latest.</summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly Func<CancellationToken, ValueTask<bool>> _renew;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _keeping;

    /// <summary>Begins to keep a lease that was taken just now.</summary>
    /// <param name="renew">Renews it; <see langword="false"/> when it is somebody else's.</param>
    /// <param name="duration">How long it lasts without being renewed.</param>
    /// <param name="time">The clock.</param>
    public LeaseKeeper(Func<CancellationToken, ValueTask<bool>> renew, TimeSpan duration, TimeProvider time)
    {
        (_renew, _duration, _time) = (renew, duration, time);
        _keeping = KeepAsync();
    }

    /// <summary>Cancelled when the lease was lost.</summary>
    public CancellationToken Lost => _lost.Token;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        _ended.Dispose();
        _lost.Dispose();
    }

    private async Task KeepAsync()
    {
        var held = _time.GetTimestamp();
        try
        {
            while (Left() is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left < _duration / 3 ? left : _duration / 3, _time, _ended.Token).ConfigureAwait(false);
                var asked = _time.GetTimestamp();
                if (Left() is var rest && rest <= TimeSpan.Zero)
                {
                    break;
                }

                try
                {
                    if (!await TimeLimit.RunAsync(stop => _renew(stop).AsTask(), rest, "The renewal of a lease", _time, _ended.Token).ConfigureAwait(false))
                    {
                        break;
                    }

                    // The store counted from some moment after this one, however late its answer is.
                    held = asked;
                }
                catch (Exception exception) when (exception is not OperationCanceledException || !_ended.IsCancellationRequested)
                {
                    // The store may come back before the lease ends; after that it may be somebody else's.
                }
            }

            await _lost.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }

        TimeSpan Left() => _duration - _time.GetElapsedTime(held);
    }
}
