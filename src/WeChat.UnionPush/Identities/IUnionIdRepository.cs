namespace WeChat.UnionPush;

/// <summary>
/// The join: identities keyed by (app id, openid) and linked by UnionID. Every verb takes and gives batches, so a store answers each with one statement.
/// </summary>
/// <remarks>
/// <para>An own store is checked with the conformance cases of the <c>WeChat.UnionPush.Testing</c> package.</para>
/// <para>How observations of one (app id, openid) merge, in whatever order they are saved:</para>
/// <list type="bullet">
/// <item><see cref="WeChatIdentity.FollowState"/> and <see cref="WeChatIdentity.ObservedAt"/>: the observation with the later
/// <see cref="WeChatIdentity.ObservedAt"/> wins, on a tie the one saved last; <see cref="FollowState.Unknown"/> leaves the state as it is, and
/// gives way to any other, be that from an older observation.</item>
/// <item><see cref="WeChatIdentity.UnionId"/>: a null changes nothing; a value fills an empty one, and replaces another one when the observation
/// is not older than the stored <see cref="WeChatIdentity.DetailsAt"/> (or that is null).</item>
/// <item><see cref="WeChatIdentity.DetailsAt"/>: the latest one stays.</item>
/// </list>
/// <para><see cref="WeChatIdentity.MergedWith"/> does this for a store that reads, merges and writes.</para>
/// <para>Openids and UnionIDs are compared ordinally, and times by the millisecond. All members may be called by many threads and processes at once.
/// A cancelled or failed call has happened whole or not at all.</para>
/// </remarks>
public interface IUnionIdRepository
{
    /// <summary>Saves observations. A batch may name one identity twice; the merge rules apply as if they were saved one after the other.</summary>
    /// <param name="observations">Any number, of any apps.</param>
    /// <param name="cancellationToken">Cancels the call, which then happened whole or not at all.</param>
    /// <returns>What the batch changed.</returns>
    /// <exception cref="ArgumentException">The batch holds a null; nothing of it was saved.</exception>
    ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default);

    /// <summary>The identities stored for these openids of one app, in any order; unknown openids are left out.</summary>
    /// <param name="appId">App id of the Official Account or Mini Program.</param>
    /// <param name="openIds">Openids of that app.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default);

    /// <summary>
    /// Resolves openids of one app to the same persons' identities in another app. An openid that is not stored is left out; one without a UnionID,
    /// or whose UnionID is not known in the other app, comes with a null <see cref="IdentityLink.Target"/>.
    /// </summary>
    /// <param name="appId">App the openids belong to, most often the Mini Program.</param>
    /// <param name="openIds">Openids of that app.</param>
    /// <param name="targetAppId">App to resolve to, most often the Official Account.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>One link for each stored openid, in any order. Where two identities of the target app carry the UnionID, one that is
    /// <see cref="FollowState.Following"/> is preferred, then the one observed last, then the first by openid.</returns>
    ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default);

    /// <summary>The identities of one app that carry these UnionIDs, at most one for each, in any order, chosen as in <see cref="ResolveAsync"/>.</summary>
    /// <param name="appId">App to look in.</param>
    /// <param name="unionIds">UnionIDs.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default);

    /// <summary>
    /// Which of these openids the platform should be asked about: those that are not stored or have no <see cref="WeChatIdentity.DetailsAt"/>,
    /// those without a UnionID whose details are older than <paramref name="unlinkedBefore"/>, and those with one whose details are older than
    /// <paramref name="linkedBefore"/>. Changes nothing.
    /// </summary>
    /// <param name="appId">App the openids belong to.</param>
    /// <param name="openIds">Openids of that app, as they came from <c>user/get</c>.</param>
    /// <param name="linkedBefore">Details of linked identities older than this are asked for again; <see cref="DateTimeOffset.MinValue"/> never, <see cref="DateTimeOffset.MaxValue"/> always.</param>
    /// <param name="unlinkedBefore">The same for identities without a UnionID.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The openids to ask for, in any order, each once.</returns>
    ValueTask<IReadOnlyList<string>> FindOutdatedAsync(string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default);

    /// <summary>
    /// Closes a complete walk over an account's followers: identities of the app that follow (or refuse) and were last observed before
    /// the walk began are no longer following. Their UnionID stays, and their <see cref="WeChatIdentity.ObservedAt"/> becomes <paramref name="walkStartedAt"/>.
    /// </summary>
    /// <param name="appId">App id of the Official Account.</param>
    /// <param name="walkStartedAt">When the walk began.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many left.</returns>
    ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default);

    /// <summary>
    /// Streams the identities of an app in the ordinal order of their openids (by UTF-8 bytes), a page at a time. What is stored throughout comes exactly once; what is
    /// saved meanwhile may or may not come.
    /// </summary>
    /// <param name="appId">App id of the Official Account or Mini Program.</param>
    /// <param name="afterOpenId">Go on after this openid; <see langword="null"/> from the beginning.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, CancellationToken cancellationToken = default);

    /// <summary>Counts how the identities of a Mini Program are reachable through an Official Account. Reads everything: a report, not a hot path.</summary>
    /// <param name="miniProgramAppId">App id of the Mini Program.</param>
    /// <param name="officialAccountAppId">App id of the Official Account.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default);

    /// <summary>Erases one person for good: the named identity, and every identity of any app that carries its UnionID.</summary>
    /// <param name="appId">App the openid belongs to.</param>
    /// <param name="openId">The person's openid in that app.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The identities that were erased; empty when the openid was not stored.</returns>
    ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default);

    /// <summary>Erases one person for good: every identity of any app that carries the UnionID.</summary>
    /// <param name="unionId">The person's UnionID.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The identities that were erased.</returns>
    ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default);
}
