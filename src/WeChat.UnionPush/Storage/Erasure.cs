using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.Storage;

/// <summary>
/// What stays of a person who was erased, so that what was observed before the erasure does not bring them back: a hash, never a readable id.
/// One erasure is kept under a key for each openid and UnionID that it erased, all with one number.
/// </summary>
/// <param name="Number">The number of the erasure: one more than that of the erasure before, over all apps of the store.</param>
/// <param name="ErasedAt">When it was, by the clock of the process that erased.</param>
public sealed record Erasure(long Number, DateTimeOffset ErasedAt)
{
    // The platform's clock dates a follow and the eraser's the erasure; they may differ by so much.
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The latest <see cref="WeChatIdentity.FollowChangedAt"/> of what was erased, as <see cref="LastChangeOf"/> gives it; <see langword="null"/> when unknown.
    /// </summary>
    public DateTimeOffset? FollowChangedAt { get; init; }

    /// <summary>Whether the person came back: from then on only observations from before the erasure are refused.</summary>
    public bool IsOver { get; init; }

    /// <summary>The key of an openid: SHA-256 of app id and openid, in hexadecimal. Openids are random enough not to be guessed from it.</summary>
    /// <param name="appId">App the openid belongs to.</param>
    /// <param name="openId">The openid.</param>
    public static string KeyOf(string appId, string openId) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{appId}\n{openId}")));

    /// <summary>The key of a UnionID.</summary>
    /// <param name="unionId">The UnionID.</param>
    public static string KeyOf(string unionId) => KeyOf("", unionId);

    /// <summary>The keys under which an identity is erased: that of its openid, and that of its UnionID where it has one.</summary>
    /// <param name="identity">The identity.</param>
    public static IEnumerable<string> KeysOf(WeChatIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return identity.UnionId is { } unionId ? [KeyOf(identity.AppId, identity.OpenId), KeyOf(unionId)] : [KeyOf(identity.AppId, identity.OpenId)];
    }

    /// <summary>What <see cref="FollowChangedAt"/> of an erasure is.</summary>
    /// <param name="erased">The identities that were erased together.</param>
    public static DateTimeOffset? LastChangeOf(IEnumerable<WeChatIdentity> erased)
    {
        ArgumentNullException.ThrowIfNull(erased);

        // Somebody may leave and follow again within one second, the platform's grain.
        return erased.Max(static identity => identity.FollowState == FollowState.NotFollowing ? identity.FollowChangedAt?.AddSeconds(-1) : identity.FollowChangedAt);
    }

    /// <summary>
    /// Whether an observation of the erased person is to be ignored: the platform was asked before the erasure, or the observation does not say that
    /// the person came back by themselves. A sign-in does, and a follow that began after the erasure; that somebody still follows does not.
    /// </summary>
    /// <remarks>
    /// A follow began before the erasure when it is not later than <see cref="FollowChangedAt"/>, or earlier than two minutes before
    /// <see cref="ErasedAt"/>: those two times are of different clocks, which must not differ by more.
    /// </remarks>
    /// <param name="observation">The observation.</param>
    /// <param name="erasuresSeen">How many erasures there were before the platform was asked; <see langword="null"/> where only the times can tell.</param>
    public bool Refuses(WeChatIdentity observation, long? erasuresSeen)
    {
        ArgumentNullException.ThrowIfNull(observation);
        if (erasuresSeen is { } seen ? seen < Number : observation.ObservedAt <= ErasedAt)
        {
            return true;
        }

        // The erased follow's own time does not do alone: a wrong mark of a leaver keeps it, and the store may have missed that somebody left and came back.
        return observation.FollowState == FollowState.NotFollowing
            || (!IsOver && observation.FollowChangedAt is { } changedAt && (changedAt <= (FollowChangedAt ?? ErasedAt.AddSeconds(-1)) || changedAt < ErasedAt - ClocksDiffer));
    }
}
