namespace WeChat.UnionPush.Testing;

/// <summary>Sees what happens on a platform, while it happens. Called from any thread, and must not block or throw.</summary>
internal interface IPlatformObserver
{
    /// <summary>A call has got its answer, or will never get one.</summary>
    void Answered(Exchange exchange, TimeSpan took);

    /// <summary>A message has been accepted.</summary>
    void Accepted(SimulatedApp app, SimulatedMessage message);

    /// <summary>A subscribe message has been accepted.</summary>
    void Accepted(SimulatedApp app, SimulatedSubscriptionMessage message);

    /// <summary>A customer service message has been accepted.</summary>
    void Accepted(SimulatedApp app, SimulatedCustomerMessage message);

    /// <summary>Something is on its way to a callback. On the thread of whoever caused it, under the lock of the callbacks.</summary>
    void Raised(Push push);

    /// <summary>It has been sent once, and answered or not.</summary>
    void Attempted(Push push, int attempt, bool isLast, PushAnswer answer, TimeSpan took);
}
