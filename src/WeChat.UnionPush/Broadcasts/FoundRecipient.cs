namespace WeChat.UnionPush.Broadcasts;

/// <summary>A person of an audience, and who that is in the Official Account.</summary>
/// <param name="Id">The id that the audience named.</param>
/// <param name="Status">Why the template message cannot reach the person; <see cref="PushStatus.Sent"/> where it can.</param>
internal readonly record struct FoundRecipient(string Id, PushStatus Status)
{
    public string? UserOpenId { get; private init; }

    public string? UnionId { get; private init; }

    /// <summary>Openid in the Official Account, whether the person follows or not.</summary>
    public string? OpenId { get; private init; }

    public bool IsReachable => Status == PushStatus.Sent;

    public bool IsInAccount => OpenId is not null;

    public ReachRecipient Recipient => new() { MiniProgramOpenId = UserOpenId, UnionId = UnionId, OfficialAccountOpenId = OpenId };

    /// <summary>Makes one.</summary>
    /// <param name="id">The id that the audience named.</param>
    /// <param name="userOpenId">Openid in the Mini Program.</param>
    /// <param name="unionId">UnionID.</param>
    /// <param name="follower">The identity in the Official Account.</param>
    /// <param name="otherwise">The status where there is none. Of a known user without a UnionID it is <see cref="PushStatus.NotLinked"/>.</param>
    public static FoundRecipient Of(string id, string? userOpenId, string? unionId, WeChatIdentity? follower, PushStatus otherwise) =>
        new(id, follower?.FollowState switch
        {
            null => otherwise == PushStatus.NotFollowing && unionId is null ? PushStatus.NotLinked : otherwise,
            FollowState.NotFollowing => PushStatus.NotFollowing,
            FollowState.Refusing => PushStatus.Refused,
            _ => PushStatus.Sent,
        })
        { UserOpenId = userOpenId, UnionId = unionId, OpenId = follower?.OpenId };
}
