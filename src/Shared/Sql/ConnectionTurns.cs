using System.Diagnostics.CodeAnalysis;

namespace WeChat.UnionPush;

/// <summary>
/// Whom a server had no connection for comes back one at a time, in the order in which they came: a crowd that knocks at once keeps the server from those it
/// serves, and starves some.
/// </summary>
/// <param name="patience">How long they wait: as long as the driver waits for a connection.</param>
/// <param name="isRefusal">Whether a failure says that the server has no connection left.</param>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "See the field.")]
internal sealed class ConnectionTurns(TimeSpan patience, Func<Exception, bool> isRefusal)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    // The clock of the driver's own time limits.
    private static readonly TimeProvider Clock = TimeProvider.System;

    // Not disposed: nobody asks it for a wait handle.
    private readonly SemaphoreSlim _refused = new(1, 1);

    /// <summary>Connects, and where the server refuses for want of connections, waits for the turn and tries again.</summary>
    /// <param name="state">What <paramref name="connectAsync"/> needs.</param>
    /// <param name="connectAsync">Connects, and runs nothing where that fails.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Exception">What the last attempt failed with.</exception>
    public async ValueTask<T> ConnectAsync<TState, T>(TState state, Func<TState, CancellationToken, ValueTask<T>> connectAsync, CancellationToken cancellationToken)
    {
        try
        {
            return await connectAsync(state, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (isRefusal(exception))
        {
            // Nothing was run.
        }

        var began = Clock.GetTimestamp();
        var isNext = await _refused.WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        try
        {
            for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                try
                {
                    return await connectAsync(state, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception exception) when (isNext && isRefusal(exception) && Clock.GetElapsedTime(began) < patience)
                {
                    await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() * 0.5)), Clock, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            if (isNext)
            {
                _refused.Release();
            }
        }
    }
}
