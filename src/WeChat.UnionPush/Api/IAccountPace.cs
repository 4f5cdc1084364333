namespace WeChat.UnionPush;

/// <summary>
/// Hands out the slots of an account: one for each attempt that may go out. Of this process by default. A pace that many machines share takes its slots from
/// a store by the batch, ahead of their time, and hands them out from memory; for this is asked on every call and waits for nobody.
/// </summary>
internal interface IAccountPace
{
    /// <summary>How many slots a second; 0 for no limit.</summary>
    int PerSecond { get; }

    /// <summary>Takes a slot, where one is free.</summary>
    /// <param name="next">Where none is: when to ask again, as a timestamp of the clock.</param>
    bool TryTake(out long next);

    /// <summary>Gives back a slot that was taken and not used.</summary>
    void Return();

    /// <summary>How long a caller waits for its slot when so many go before it.</summary>
    TimeSpan WaitBehind(int others);

    /// <summary>Makes the pace slower; never faster.</summary>
    void SlowDownTo(int perSecond);
}
