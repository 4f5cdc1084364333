using WeChat.UnionPush.Storage;

namespace WeChat.UnionPush.Tool.Hosts;

/// <summary>What is stored of one person, found by an openid of either app or by the UnionID, and what a push would do now.</summary>
/// <param name="User">The person in the Mini Program, or nothing.</param>
/// <param name="Follower">The person in the Official Account, or nothing.</param>
/// <param name="UnionId">The UnionID, or nothing.</param>
internal sealed record Person(WeChatIdentity? User, WeChatIdentity? Follower, string? UnionId)
{
    /// <summary>What a push would end with, judged by what is stored; <see cref="PushStatus.Sent"/> when it would ask the platform.</summary>
    public PushStatus Outcome => this switch
    {
        { User: null, UnionId: null } => PushStatus.NotSignedIn,
        { UnionId: null } => PushStatus.NotLinked,
        { Follower: null or { FollowState: FollowState.NotFollowing } } => PushStatus.NotFollowing,
        { Follower.FollowState: FollowState.Refusing } => PushStatus.Refused,
        _ => PushStatus.Sent,
    };

    public string Explanation => Outcome switch
    {
        PushStatus.Sent => $"it would be sent to {Follower!.OpenId}",
        PushStatus.NotSignedIn => "nobody of that openid has signed in",
        PushStatus.NotLinked => "no UnionID is known of this user",
        PushStatus.Refused => "the person refuses the account's messages",
        _ => Follower is null ? "the person is not known as a follower" : "the person no longer follows",
    };

    public static async Task<Person?> FindAsync(HostAccess host, string id, CancellationToken cancellationToken)
    {
        var repository = host.WithStore().Get<IUnionIdRepository>();
        var (miniProgram, account) = (host.Options.MiniProgram.AppId, host.Options.OfficialAccount.AppId);
        var user = First(await repository.FindAsync(miniProgram, [id], cancellationToken));
        var follower = user is null ? First(await repository.FindAsync(account, [id], cancellationToken)) : null;
        var unionId = user?.UnionId ?? follower?.UnionId ?? (user is null && follower is null ? id : null);
        if (unionId is not null)
        {
            user ??= First(await repository.FindByUnionIdAsync(miniProgram, [unionId], cancellationToken));
            follower ??= First(await repository.FindByUnionIdAsync(account, [unionId], cancellationToken));
        }

        return user is null && follower is null ? null : new Person(user, follower, unionId);
    }

    private static WeChatIdentity? First(IReadOnlyList<WeChatIdentity> found) => found.Count == 0 ? null : found[0];
}
