namespace WeChat.UnionPush.Storage;

/// <summary>
/// Stores identities, keyed by (app id, openid) and linked by UnionID. The methods take and return batches, so a store needs one statement for each call.
/// </summary>
/// <remarks>
/// <para>Check your own store with the conformance cases of the <c>WeChat.UnionPush.Testing</c> package.</para>
/// <para>How observations of one (app id, openid) merge, in whatever order they are saved:</para>
/// <list type="bullet">
/// <item><see cref="WeChatIdentity.FollowState"/>: the newer observation wins. That is the one with the later
/// <see cref="WeChatIdentity.FollowChangedAt"/> where both have one and they differ, otherwise the one with the later
/// <see cref="WeChatIdentity.ObservedAt"/>, on a tie the one saved last; <see cref="FollowState.Unknown"/> leaves the state as it is, and is replaced by
/// any known state, even an older one.</item>
/// <item><see cref="WeChatIdentity.UnionId"/>: a null changes nothing; a value fills an empty one, and replaces another one when the observation
/// is not older than the stored <see cref="WeChatIdentity.DetailsAt"/> (or that is null).</item>
/// <item><see cref="WeChatIdentity.ObservedAt"/>, <see cref="WeChatIdentity.FollowChangedAt"/> and <see cref="WeChatIdentity.DetailsAt"/>: the latest
/// one stays.</item>
/// </list>
/// <para><see cref="WeChatIdentity.MergedWith"/> does this for a store that reads, merges and writes.</para>
/// <para>An erasure leaves an <see cref="Erasure"/> under the key of every openid and UnionID it erased, and of the one it was asked for, stored or not.
/// An observation that one of them refuses (of its openid, or of the UnionID it carries) is ignored completely; one that is saved makes the erasures it met
/// <see cref="Erasure.IsOver">over</see>, under all their keys; whether that already applies to the rest of its batch is up to the store.</para>
/// <para>Openids and UnionIDs are compared ordinally, and times by the millisecond. All members may be called by many threads and processes at once.
/// A cancelled or failed call has happened whole or not at all.</para>
/// </remarks>
public interface IUnionIdRepository
{
    /// <summary>Saves observations. A batch may contain an identity twice; the merge rules apply as if the observations were saved one after the other.</summary>
    /// <param name="observations">Any number, of any apps.</param>
    /// <param name="cancellationToken">Cancels the call, which then happened whole or not at all.</param>
    /// <returns>What the batch changed.</returns>
    /// <exception cref="ArgumentException">The batch contains a null; nothing was saved.</exception>
    ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default);

    /// <summary>
    /// Saves observations of which is known what was erased before the platform was asked: the order of the store decides, not the clocks of machines.
    /// </summary>
    /// <param name="observations">Any number, of any apps.</param>
    /// <param name="erasuresSeen">What <see cref="CountErasuresAsync"/> gave before the platform was asked; 0 for an observation that is to bring back
    /// nobody who was erased.</param>
    /// <param name="cancellationToken">Cancels the call, which then happened whole or not at all.</param>
    /// <returns>What the batch changed.</returns>
    /// <exception cref="ArgumentException">The batch contains a null; nothing was saved.</exception>
    ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default);

    /// <summary>The number of the last erasure, 0 when there was none. It never falls, not even when erasures expire.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default);

    /// <summary>The identities stored for these openids of one app, in any order; unknown openids are left out.</summary>
    /// <param name="appId">App id of the Official Account or Mini Program.</param>
    /// <param name="openIds">Openids of that app.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default);

    /// <summary>
    /// Resolves openids of one app to the same persons' identities in another app. An openid that is not stored is left out; one without a UnionID,
    /// or whose UnionID is not known in the other app, comes with a null <see cref="IdentityLink.Target"/>.
    /// </summary>
    /// <param name="appId">App the openids belong to, usually the Mini Program.</param>
    /// <param name="openIds">Openids of that app.</param>
    /// <param name="targetAppId">App to resolve to, usually the Official Account.</param>
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
    /// Which of these openids the platform should be asked about: those that are not stored or have no <see cref="WeChatIdentity.DetailsAt"/>, those
    /// stored as <see cref="FollowState.NotFollowing"/>, which a follower list alone does not turn back into followers,
    /// those without a UnionID whose details are older than <paramref name="unlinkedBefore"/>, and those with one whose details are older than
    /// <paramref name="linkedBefore"/>. Changes nothing.
    /// </summary>
    /// <param name="appId">App the openids belong to.</param>
    /// <param name="openIds">Openids of that app, as they came from <c>user/get</c>.</param>
    /// <param name="linkedBefore">Details of linked identities older than this are asked for again; <see cref="DateTimeOffset.MinValue"/> never,
    /// <see cref="DateTimeOffset.MaxValue"/> always.</param>
    /// <param name="unlinkedBefore">The same for identities without a UnionID.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The openids to ask for, in any order, each once.</returns>
    ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default);

    /// <summary>Counts an account's followers: those who follow or refuse. Reads everything, once a walk.</summary>
    /// <param name="appId">App id of the Official Account.</param>
    /// <param name="observedBefore">The time before which <see cref="FollowerCount.Unseen"/> ones were last observed.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default);

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
    /// <param name="afterOpenId">Continue after this openid; <see langword="null"/> starts at the beginning.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, CancellationToken cancellationToken = default);

    /// <summary>Counts how many identities of a Mini Program can be reached through an Official Account. It reads everything, so use it for reports, not on a hot path.</summary>
    /// <param name="miniProgramAppId">App id of the Mini Program.</param>
    /// <param name="officialAccountAppId">App id of the Official Account.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Erases one person for good: the named identity, and every identity of any app that carries its UnionID. What was observed before does not bring
    /// the person back; see <see cref="Erasure"/>.
    /// </summary>
    /// <param name="appId">App the openid belongs to.</param>
    /// <param name="openId">The person's openid in that app.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The identities that were erased; empty when the openid was not stored.</returns>
    ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default);

    /// <summary>Erases one person for good, as <see cref="EraseAsync"/> does: every identity of any app that carries the UnionID.</summary>
    /// <param name="unionId">The person's UnionID.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The identities that were erased.</returns>
    ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default);

    /// <summary>Forgets erasures that were before a time. The count stays.</summary>
    /// <param name="erasedBefore">The time.</param>
    /// <param name="limit">How many at most, so that one call does not hold the store for long; at least one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many were forgotten; fewer than <paramref name="limit"/> when no more are left.</returns>
    ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default);
}
