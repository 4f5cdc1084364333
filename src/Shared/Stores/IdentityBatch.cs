namespace WeChat.UnionPush;

/// <summary>What every store does with a batch of observations before it saves them.</summary>
internal static class IdentityBatch
{
    /// <summary>
    /// Sorts by key. All writers use this order, so two of them lock shared rows in the same order, and a batch goes through the table once from one end to
    /// the other. The sort is stable, so observations of one identity keep their order.
    /// </summary>
    public static readonly Comparer<WeChatIdentity> KeyOrder = Comparer<WeChatIdentity>.Create(static (x, y) =>
        string.CompareOrdinal(x.AppId, y.AppId) is var byApp && byApp != 0 ? byApp : string.CompareOrdinal(x.OpenId, y.OpenId));

    /// <summary>Reads the batch to its end, so that nothing is saved from a collection that throws or holds a null.</summary>
    /// <exception cref="ArgumentException">It holds a null.</exception>
    public static WeChatIdentity[] Checked(IReadOnlyCollection<WeChatIdentity> observations)
    {
        ArgumentNullException.ThrowIfNull(observations);
        var batch = observations.ToArray();
        var missing = Array.IndexOf(batch, null);
        return missing < 0 ? batch : throw new ArgumentException($"observations[{missing}] is null; nothing was saved.", nameof(observations));
    }
}
