using System.Globalization;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>Whether both apps are bound to one Open Platform account: by the UnionIDs of followers, of users, and of those who are both.</summary>
internal sealed class OpenPlatformChecks(DoctorState state)
{
    private const string Check = "open_platform";
    private const int SampleSize = 500;

    // So many users of whom none follows are no chance any more.
    private const int Many = 20;

    public async Task CheckAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        var boundAccount = CheckFollowers(notes);
        if (!state.HasStores)
        {
            if (boundAccount is not null)
            {
                notes.Skip(Check, "Without the host's store it is not known whether the Mini Program's users have UnionIDs.");
            }

            return;
        }

        var (users, linked, both) = await CountUsersAsync(cancellationToken).ConfigureAwait(false);
        if (users == 0)
        {
            notes.Skip(Check, "No user of the Mini Program is stored yet, so nothing is known of their UnionIDs.", "Sign one in, and run the examination again.");
            return;
        }

        if (linked == 0)
        {
            notes.Fail(Check, "mini_program_not_bound", Count(users, "None of {0} stored users of the Mini Program has a UnionID."),
                "Bind the Mini Program to the Open Platform account that the Official Account is bound to; users who sign in afterwards have one.", DoctorPages.OpenPlatform);
            return;
        }

        if (boundAccount != true)
        {
            return;
        }

        if (both > 0)
        {
            notes.Ok(Check, string.Create(CultureInfo.InvariantCulture,
                $"Both apps are bound to one Open Platform account: of {users} users looked at, {linked} have a UnionID and {both} are known in the Official Account too."));
        }
        else if (!await IsSyncedAsync(cancellationToken).ConfigureAwait(false))
        {
            notes.Skip(Check, "The followers were never listed to the end, so it is not known which users follow.", "Run unionpush sync, or let AddFollowerSync do it.");
        }
        else if (linked >= Many && state.Followers >= Many)
        {
            notes.Fail(Check, "different_accounts", string.Create(CultureInfo.InvariantCulture,
                $"None of {linked} users with a UnionID is among {state.Followers} followers, who have UnionIDs too: the two apps are bound to different Open Platform accounts."),
                "Unbind one of the apps, and bind it to the account of the other. UnionIDs change with it: sync in full afterwards, and let users sign in again.",
                    DoctorPages.OpenPlatform);
        }
        else
        {
            notes.Warn(Check, "no_overlap", string.Create(CultureInfo.InvariantCulture, $"None of {linked} users with a UnionID is known as a follower yet; so few may be chance."),
                "Let one person sign in who follows, run unionpush sync, and look again.", DoctorPages.OpenPlatform);
        }
    }

    /// <summary>Whether the Official Account is bound; null when it is not known.</summary>
    private bool? CheckFollowers(DoctorNotes notes)
    {
        if (state.Sample is not { } sample || sample.Where(static follower => follower.IsFollowing).ToList() is not { Count: > 0 } followers)
        {
            return null;
        }

        var linked = followers.Count(static follower => follower.UnionId is not null);
        if (linked == 0)
        {
            notes.Fail(Check, "official_account_not_bound", Count(followers.Count,
                "None of {0} followers has a UnionID: the Official Account is bound to no Open Platform account."),
                "Bind it to the account that the Mini Program is bound to, then sync in full.", DoctorPages.OpenPlatform);
            return false;
        }

        if (linked < followers.Count)
        {
            notes.Warn(Check, "followers_without_union_id", string.Create(CultureInfo.InvariantCulture,
                $"{followers.Count - linked} of {followers.Count} followers have no UnionID."),
                "Right after a binding that is so for some time. When it stays, sync in full.", DoctorPages.OpenPlatform);
        }
        else
        {
            notes.Ok(Check, Count(linked, "All of {0} followers looked at have a UnionID."));
        }

        return true;
    }

    private async Task<(int Users, int Linked, int Both)> CountUsersAsync(CancellationToken cancellationToken)
    {
        var subject = state.Subject;
        var users = new List<string>(SampleSize);
        var linked = 0;
        await foreach (var user in subject.Repository.ListAsync(subject.MiniProgram.AppId, afterOpenId: null, cancellationToken).ConfigureAwait(false))
        {
            users.Add(user.OpenId);
            linked += user.UnionId is null ? 0 : 1;
            if (users.Count == SampleSize)
            {
                break;
            }
        }

        var links = users.Count == 0
            ? []
            : await subject.Repository.ResolveAsync(subject.MiniProgram.AppId, users, subject.OfficialAccount.AppId, cancellationToken).ConfigureAwait(false);
        return (users.Count, linked, links.Count(static link => link.Target is not null));
    }

    private async Task<bool> IsSyncedAsync(CancellationToken cancellationToken) =>
        await state.Subject.Syncs.GetAsync(state.Subject.OfficialAccount.AppId, cancellationToken).ConfigureAwait(false) is { CompletedAt: not null };

    private static string Count(int count, string text) => text.Replace("{0}", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
