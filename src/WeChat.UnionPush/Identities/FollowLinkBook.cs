using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>
/// Who was linked by a scanned QR code, and which codes wait to be scanned. A link is a source of its own beside the UnionID: no observation without a UnionID
/// changes it, and two UnionIDs that differ refute it. All of it stands in the reach journal: links and who asked under the Mini Program's app id, codes under
/// that of the Official Account, whose events bring them back.
/// </summary>
internal sealed class FollowLinkBook(RouteApps apps, IReachJournal journal, IUnionIdRepository repository)
{
    // Longer than an event waits for its handling.
    private static readonly TimeSpan KeepCodesFor = TimeSpan.FromDays(1);
    private static readonly DateTimeOffset Forever = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Notes a code that a user asked for. The user's earlier one no longer links.</summary>
    public async ValueTask AddCodeAsync(string openId, string scene, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var (hash, keepUntil) = (HashOf(scene), expiresAt + KeepCodesFor);
        var code = new FollowLinkScene { MiniProgramAppId = apps.MiniProgram, OpenId = openId, ExpiresAt = expiresAt.ToUnixTimeMilliseconds() };
        await journal.TryWriteAsync(apps.OfficialAccount, ReachKeys.Scene(hash), null, code.Write(), keepUntil, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var asked = await journal.FindAsync(apps.MiniProgram, ReachKeys.Asked(openId), cancellationToken).ConfigureAwait(false);
            if (await journal.TryWriteAsync(apps.MiniProgram, ReachKeys.Asked(openId), asked, hash, keepUntil, cancellationToken).ConfigureAwait(false) is null)
            {
                continue;
            }

            if (asked is not null)
            {
                await journal.DeleteAsync(apps.OfficialAccount, [ReachKeys.Scene(asked.Value)], cancellationToken).ConfigureAwait(false);
            }

            return;
        }
    }

    /// <summary>The code that a user asked for last; null when there is none, or it is long over.</summary>
    public async ValueTask<FollowLinkScene?> FindCodeAsync(string openId, CancellationToken cancellationToken)
    {
        var asked = await journal.FindAsync(apps.MiniProgram, ReachKeys.Asked(openId), cancellationToken).ConfigureAwait(false);
        return asked is null ? null : (await FindSceneAsync(asked.Value, cancellationToken).ConfigureAwait(false)).Code;
    }

    /// <summary>Gives a code to who scanned it first.</summary>
    /// <param name="scene">The secret in the code.</param>
    /// <param name="follower">Openid in the Official Account of who scanned it.</param>
    /// <param name="at">When, by the platform's clock.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The code, also when the same event comes again; null when it is unknown, expired or somebody else's.</returns>
    public async ValueTask<FollowLinkScene?> TakeCodeAsync(string scene, string follower, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var (hash, followerHash) = (HashOf(scene), HashOf(follower));
        while (true)
        {
            var (note, code) = await FindSceneAsync(hash, cancellationToken).ConfigureAwait(false);
            if (code is null || at.ToUnixTimeMilliseconds() > code.ExpiresAt)
            {
                return null;
            }

            if (code.FollowerHash is not null)
            {
                return string.Equals(code.FollowerHash, followerHash, StringComparison.Ordinal) ? code : null;
            }

            code = code with { FollowerHash = followerHash };
            if (await WriteAsync(hash, note!, code, cancellationToken).ConfigureAwait(false))
            {
                return code;
            }
        }
    }

    /// <summary>Notes that whoever took a code was not linked.</summary>
    public async ValueTask RefuseAsync(string scene, CancellationToken cancellationToken)
    {
        var hash = HashOf(scene);
        while (await FindSceneAsync(hash, cancellationToken).ConfigureAwait(false) is { Note: { } note, Code: { IsRefused: false } code }
            && !await WriteAsync(hash, note, code with { IsRefused = true }, cancellationToken).ConfigureAwait(false))
        {
        }
    }

    /// <summary>Links a user with who took the code, unless one of them is linked with somebody else.</summary>
    /// <returns>Whether they are linked.</returns>
    public async ValueTask<bool> LinkAsync(string scene, FollowLinkScene code, string follower, CancellationToken cancellationToken)
    {
        var (app, user) = (code.MiniProgramAppId, code.OpenId);
        if (!await HoldsAsync(app, ReachKeys.Linked(follower), user, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (!await HoldsAsync(app, ReachKeys.Link(user), follower, cancellationToken).ConfigureAwait(false))
        {
            await journal.DeleteAsync(app, [ReachKeys.Linked(follower)], cancellationToken).ConfigureAwait(false);
            return false;
        }

        // Who was erased meanwhile has lost the code, and must not be linked by it.
        if ((await FindSceneAsync(HashOf(scene), cancellationToken).ConfigureAwait(false)).Code is not null)
        {
            return true;
        }

        await journal.DeleteAsync(app, [ReachKeys.Link(user), ReachKeys.Linked(follower)], cancellationToken).ConfigureAwait(false);
        return false;
    }

    /// <summary>The follower that a Mini Program user is linked with.</summary>
    /// <param name="openId">The user.</param>
    /// <param name="unionId">The user's UnionID, where it is known.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The identity in the Official Account; null where there is no link, nothing is known of the follower, or the UnionIDs refute the link.</returns>
    public async ValueTask<WeChatIdentity?> FindFollowerAsync(string openId, string? unionId, CancellationToken cancellationToken) =>
        await BesideAsync(apps.MiniProgram, openId, unionId, cancellationToken).ConfigureAwait(false) is { } follower && IsFollower(follower) ? follower : null;

    /// <summary>The followers that Mini Program users are linked with, of many users at once.</summary>
    /// <param name="users">Openids and, where they are known, UnionIDs of users.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What <see cref="FindFollowerAsync"/> would find, by the user's openid.</returns>
    public async ValueTask<IReadOnlyDictionary<string, WeChatIdentity>> FindFollowersAsync(
        IReadOnlyCollection<(string OpenId, string? UnionId)> users, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, WeChatIdentity>(StringComparer.Ordinal);
        var links = await journal.FindAsync(apps.MiniProgram, [.. users.Select(static user => ReachKeys.Link(user.OpenId))], cancellationToken).ConfigureAwait(false);
        if (links.Count == 0)
        {
            return found;
        }

        string[] linkedWith = [.. links.Values.Select(static link => link.Value).Distinct(StringComparer.Ordinal)];
        var followers = (await repository.FindAsync(apps.OfficialAccount, linkedWith, cancellationToken).ConfigureAwait(false))
            .ToDictionary(static follower => follower.OpenId, StringComparer.Ordinal);
        foreach (var (openId, unionId) in users)
        {
            if (links.GetValueOrDefault(ReachKeys.Link(openId)) is { Value: var linked } && followers.GetValueOrDefault(linked) is { } follower
                && IsFollower(follower) && !IsRefuted(unionId, follower))
            {
                found[openId] = follower;
            }
        }

        return found;
    }

    /// <summary>The follower whom a code linked with the Mini Program user of this UnionID, as <see cref="FindFollowerAsync"/> finds them.</summary>
    public async ValueTask<WeChatIdentity?> FindFollowerByUnionIdAsync(string unionId, CancellationToken cancellationToken)
    {
        var users = await repository.FindByUnionIdAsync(apps.MiniProgram, [unionId], cancellationToken).ConfigureAwait(false);
        return users.Count == 0 ? null : await FindFollowerAsync(users[0].OpenId, unionId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Who is linked with this person in the other app, as far as is known; null where nobody is, or the UnionIDs refute it.</summary>
    public async ValueTask<WeChatIdentity?> BesideAsync(string appId, string openId, string? unionId, CancellationToken cancellationToken)
    {
        var key = KeyOf(appId, openId);
        if (key is null || await journal.FindAsync(apps.MiniProgram, key, cancellationToken).ConfigureAwait(false) is not { Value: var other })
        {
            return null;
        }

        var found = await repository.FindAsync(apps.Beside(appId), [other], cancellationToken).ConfigureAwait(false);
        var beside = found.Count == 0 ? new WeChatIdentity(apps.Beside(appId), other) : found[0];
        return IsRefuted(unionId, beside) ? null : beside;
    }

    /// <summary>Whether a user is linked, be it with somebody who has left.</summary>
    public async ValueTask<bool> IsLinkedAsync(string openId, CancellationToken cancellationToken) =>
        await journal.FindAsync(apps.MiniProgram, ReachKeys.Link(openId), cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Forgets links and codes of people.</summary>
    public async ValueTask ForgetAsync(IEnumerable<WeChatIdentity> people, CancellationToken cancellationToken)
    {
        foreach (var person in people)
        {
            var isUser = apps.IsMiniProgram(person.AppId);
            if (isUser && await journal.FindAsync(apps.MiniProgram, ReachKeys.Asked(person.OpenId), cancellationToken).ConfigureAwait(false) is { Value: var hash })
            {
                await journal.DeleteAsync(apps.OfficialAccount, [ReachKeys.Scene(hash)], cancellationToken).ConfigureAwait(false);
                await journal.DeleteAsync(apps.MiniProgram, [ReachKeys.Asked(person.OpenId)], cancellationToken).ConfigureAwait(false);
            }

            if (KeyOf(person.AppId, person.OpenId) is { } key && await journal.FindAsync(apps.MiniProgram, key, cancellationToken).ConfigureAwait(false) is { Value: var other })
            {
                await journal.DeleteAsync(apps.MiniProgram, [isUser ? ReachKeys.Linked(other) : ReachKeys.Link(other), key], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether something is known of somebody who is linked.</summary>
    private static bool IsFollower(WeChatIdentity linked) => linked.FollowState != FollowState.Unknown;

    /// <summary>Whether the UnionIDs of both sides differ.</summary>
    private static bool IsRefuted(string? unionId, WeChatIdentity linked) =>
        unionId is not null && linked.UnionId is { } known && !string.Equals(unionId, known, StringComparison.Ordinal);

    /// <summary>Where a person's link stands; null for who belongs to neither app.</summary>
    private string? KeyOf(string appId, string openId) =>
        apps.IsMiniProgram(appId) ? ReachKeys.Link(openId) : apps.IsOfficialAccount(appId) ? ReachKeys.Linked(openId) : null;

    /// <summary>Whether a note says this, after it was written where there was none.</summary>
    private async ValueTask<bool> HoldsAsync(string appId, string key, string value, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await journal.FindAsync(appId, key, cancellationToken).ConfigureAwait(false) is { } note)
            {
                return string.Equals(note.Value, value, StringComparison.Ordinal);
            }

            if (await journal.TryWriteAsync(appId, key, null, value, Forever, cancellationToken).ConfigureAwait(false) is not null)
            {
                return true;
            }
        }
    }

    private async ValueTask<bool> WriteAsync(string hash, ReachNote before, FollowLinkScene code, CancellationToken cancellationToken) =>
        await journal.TryWriteAsync(apps.OfficialAccount, ReachKeys.Scene(hash), before, code.Write(), before.ExpiresAt, cancellationToken).ConfigureAwait(false) is not null;

    private async ValueTask<(ReachNote? Note, FollowLinkScene? Code)> FindSceneAsync(string hash, CancellationToken cancellationToken)
    {
        var note = await journal.FindAsync(apps.OfficialAccount, ReachKeys.Scene(hash), cancellationToken).ConfigureAwait(false);
        return (note, note is null ? null : FollowLinkScene.Read(note.Value));
    }

    /// <summary>What the store keeps of the secret, so that nobody who reads the store can use a code, and of who scanned it.</summary>
    private static string HashOf(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
