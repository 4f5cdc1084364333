namespace WeChat.UnionPush;

/// <summary>
/// How many users of a Mini Program a message would reach on which channel, each counted on the first channel that is known to serve. The parts add up to
/// <see cref="Total"/>.
/// </summary>
/// <param name="TemplateMessage">They follow the Official Account, and are linked by their UnionID or by a code of <see cref="IFollowLinks"/>.</param>
/// <param name="SubscribeMessage">They have allowed the message's subscribe message, and not used it up.</param>
/// <param name="SubscribeNotice">They have allowed the message's subscribe notice, and not used it up.</param>
/// <param name="CustomerService">They may be sent a customer service message now.</param>
/// <param name="None">No channel is known to serve; the host's own <see cref="IReachFallback"/> is asked when a push is made.</param>
public sealed record ReachCoverage(long TemplateMessage, long SubscribeMessage, long SubscribeNotice, long CustomerService, long None)
{
    /// <summary>All users of the Mini Program.</summary>
    public long Total => TemplateMessage + SubscribeMessage + SubscribeNotice + CustomerService + None;
}
