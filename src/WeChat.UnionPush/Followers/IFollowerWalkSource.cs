namespace WeChat.UnionPush;

/// <summary>What a walk asks: pages one by one, and details in the platform's own batches with the time of asking.</summary>
internal interface IFollowerWalkSource
{
    /// <summary>How many calls for details were made, for reports.</summary>
    long DetailCalls { get; }

    /// <summary>One page; an empty one, or one whose next openid is empty, is the last.</summary>
    Task<FollowerPage> GetPageAsync(string nextOpenId, CancellationToken cancellationToken);

    /// <summary>Asks for the details of many, in any order of the batches.</summary>
    IAsyncEnumerable<FollowerBatch> GetBatchesAsync(IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default);
}
