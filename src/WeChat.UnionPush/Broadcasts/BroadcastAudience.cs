namespace WeChat.UnionPush.Broadcasts;

/// <summary>Who receives a broadcast. It is read once, while the broadcast is planned, and takes no memory that grows with it but 16 bytes a person.</summary>
public sealed class BroadcastAudience
{
    private BroadcastAudience(Func<WeChatIdentity, bool>? filter, IAsyncEnumerable<BroadcastRecipient>? given, bool byUnionId) =>
        (Filter, Given, ByUnionId) = (filter, given, byUnionId);

    /// <summary>Which users of the Mini Program; <see langword="null"/> where recipients are given.</summary>
    internal Func<WeChatIdentity, bool>? Filter { get; }

    /// <summary>The recipients that were given.</summary>
    internal IAsyncEnumerable<BroadcastRecipient>? Given { get; }

    /// <summary>Whether those are named by UnionID.</summary>
    internal bool ByUnionId { get; }

    /// <summary>All users of the Mini Program who are stored. Who cannot be reached counts with the reason and costs no call.</summary>
    public static BroadcastAudience AllUsers() => new(static _ => true, given: null, byUnionId: false);

    /// <summary>Those users of the Mini Program that a filter lets through.</summary>
    /// <param name="filter">Sees each stored identity of the Mini Program once.</param>
    public static BroadcastAudience Where(Func<WeChatIdentity, bool> filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return new(filter, given: null, byUnionId: false);
    }

    /// <summary>Users named by their openids in the Mini Program. One who is named twice receives once.</summary>
    /// <param name="openIds">The openids.</param>
    public static BroadcastAudience OpenIds(IEnumerable<string> openIds)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        return new(filter: null, EachAsync(openIds), byUnionId: false);
    }

    /// <summary>Users named by their openids in the Mini Program, each with a message of their own where one is given. One who is named twice receives once.</summary>
    /// <param name="recipients">The recipients, such as the rows of a database.</param>
    public static BroadcastAudience OpenIds(IAsyncEnumerable<BroadcastRecipient> recipients)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        return new(filter: null, recipients, byUnionId: false);
    }

    /// <summary>People named by their UnionIDs. One who is named twice receives once.</summary>
    /// <param name="unionIds">The UnionIDs.</param>
    public static BroadcastAudience UnionIds(IEnumerable<string> unionIds)
    {
        ArgumentNullException.ThrowIfNull(unionIds);
        return new(filter: null, EachAsync(unionIds), byUnionId: true);
    }

    /// <summary>People named by their UnionIDs, each with a message of their own where one is given. One who is named twice receives once.</summary>
    /// <param name="recipients">The recipients, such as the rows of a database.</param>
    public static BroadcastAudience UnionIds(IAsyncEnumerable<BroadcastRecipient> recipients)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        return new(filter: null, recipients, byUnionId: true);
    }

    private static async IAsyncEnumerable<BroadcastRecipient> EachAsync(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            yield return new BroadcastRecipient(id);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }
}
