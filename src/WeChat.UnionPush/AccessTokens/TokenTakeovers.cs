namespace WeChat.UnionPush;

/// <summary>Detects another system that calls <c>/cgi-bin/token</c> for the same account. Not thread-safe.</summary>
internal sealed class TokenTakeovers(AccessTokenOptions options)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly Queue<DateTimeOffset> _moments = new();

    /// <summary>A classic token that is refused long before it expires was replaced by another system. Once can be a coincidence.</summary>
    /// <returns>How many there were within an hour; 0 when this one was not a takeover.</returns>
    public int Count(AccessToken refused, DateTimeOffset now)
    {
        if (options.Channel != AccessTokenChannel.Classic || now >= refused.ExpiresAt - options.RefreshBefore)
        {
            return 0;
        }

        _moments.Enqueue(now);
        while (now - _moments.Peek() > Window)
        {
            _moments.Dequeue();
        }

        return _moments.Count;
    }
}
