namespace WeChat.UnionPush;

/// <summary>Time limits, retries and connections of calls to the platform.</summary>
public sealed class WeChatHttpOptions
{
    /// <summary>How long one attempt of a call may take. 10 seconds by default, at most 4 minutes.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a call may take with all its attempts and the waits between them, once it was its turn. A message waits for its turn at most as long again;
    /// one whose turn would come later is refused at once (<see cref="WeChatErrorClass.RateLimited"/>). 30 seconds by default, at most 4 minutes: a
    /// message is repeated only inside the ten minutes in which the platform recognises its <c>client_msg_id</c>, and a refused token begins the call anew.
    /// </summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call is made again when the platform is busy or its answer is lost. 4 by default; 0 for never.</summary>
    public int MaxRetries { get; set; } = 4;

    /// <summary>The wait before the first retry; it doubles with each further one, with jitter. 200 milliseconds by default.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Connections to the platform that are kept open at the same time. 64 by default.</summary>
    public int MaxConnections { get; set; } = 64;
}
