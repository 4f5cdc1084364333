using System.Globalization;
using WeChat.UnionPush.Storage;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>Whether the stores answer and tell names apart, how old the last sync is, who walks, and which events were set aside.</summary>
internal sealed class StoreChecks(DoctorState state)
{
    private const int Listed = 100;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Brief = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OldSync = TimeSpan.FromDays(3);

    public async Task CheckStoreAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        const string Check = "store";
        var subject = state.Subject;
        try
        {
            await TimeLimit.RunAsync(ReadAsync, Limit, "The storage", subject.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // What is transient is out of reach; what is not says in its message what is missing.
            var isTransient = exception is TimeoutException or UnionPushStorageException { IsTransient: true };
            notes.Fail(Check, isTransient ? "unreachable" : "unusable", Redaction.Quote(exception.Message, Redaction.ErrorMessageLimit),
                isTransient
                    ? "Check that the database runs, the connection string, and that this user may connect."
                    : "Check the connection string and the tables: EnsureSchemaAsync makes what is missing, where the user may.");
            return;
        }

        state.HasStores = true;
        try
        {
            await subject.TokenStore.GetAsync(subject.OfficialAccount.AppId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            notes.Warn("store.tokens", "tokens_unreachable", $"The store of access tokens does not answer, so each process fetches its own: "
                + $"{Redaction.Quote(exception.Message)}", "Check the cache or database that the tokens are shared over.");
        }

        if (subject.Repository is InMemoryUnionIdRepository)
        {
            if (subject.IsSimulated)
            {
                notes.Ok(Check, "Everything is in memory, which is enough for a trial.");
            }
            else
            {
                notes.Warn(Check, "in_memory", "Everything is in memory and ends with this process.", "Use a database: UseSqlite, UsePostgreSql, UseMySql.");
            }
        }
        else if (!await TellsCaseApartAsync(cancellationToken).ConfigureAwait(false))
        {
            notes.Fail(Check, "collation", "The store takes names that differ in case only for the same. Openids differ in case, so people would be mixed up.",
                "Let the tables have a binary, case-sensitive collation, as those that the library makes have (utf8mb4_bin on MySQL).");
        }
        else
        {
            notes.Ok(Check, "The stores answer, and tell names apart that differ in case only.");
        }
    }

    public async Task CheckSyncAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        const string Check = "sync";
        var subject = state.Subject;
        var appId = subject.OfficialAccount.AppId;
        var now = subject.Time.GetUtcNow();
        var sync = await subject.Syncs.GetAsync(appId, cancellationToken).ConfigureAwait(false);
        var isRunning = await IsLeasedAsync(appId, cancellationToken).ConfigureAwait(false);
        if (isRunning)
        {
            notes.Ok("sync.lease", "A sync is running now.");
        }
        else if (sync is { InProgress: true })
        {
            notes.Warn("sync.lease", "interrupted", string.Create(CultureInfo.InvariantCulture,
                $"A sync that began on {sync.WalkStartedAt:u} stopped after {sync.Listed} followers."),
                "The next sync goes on from there: run unionpush sync, or let AddFollowerSync do it.");
        }

        if (sync is null or { CompletedAt: null })
        {
            if (!isRunning)
            {
                notes.Warn(Check, "never", "The followers were never listed to the end, so hardly anybody can be pushed to.",
                    "Run unionpush sync, or add AddFollowerSync to the host.");
            }

            return;
        }

        var age = now - sync.CompletedAt.Value;
        if (sync.DoubtedAt is not null)
        {
            notes.Warn(Check, "doubted", string.Create(CultureInfo.InvariantCulture,
                $"The last sync did not see {sync.Doubted} known followers, more than FollowerSync:MaxLeaverShare allows; they were not marked as having left."),
                "When it is true that so many left, sync once more; otherwise look for a wrong app id.");
        }
        else if (age > OldSync)
        {
            notes.Warn(Check, "old", string.Create(CultureInfo.InvariantCulture, $"The last sync ended {age.TotalDays:0.#} days ago."),
                "Run unionpush sync, or let AddFollowerSync do it every day.");
        }
        else if (sync.CallsOn == ChinaTime.DayOf(now) && sync.Calls >= subject.DailyPageCalls)
        {
            notes.Warn(Check, "budget_used_up", string.Create(CultureInfo.InvariantCulture,
                $"Syncs have made all {sync.Calls} calls of today that FollowerSync:DailyPageCalls allows."), "They go on after 00:00 China time; sync less often.");
        }
        else
        {
            notes.Ok(Check, string.Create(CultureInfo.InvariantCulture, $"The last sync ended {Math.Max(0, age.TotalHours):0.#} hours ago."));
        }
    }

    public async Task CheckEventsAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        const string Check = "events";
        foreach (var account in new[] { WeChatAccountKind.OfficialAccount, WeChatAccountKind.MiniProgram })
        {
            var buried = await state.Subject.Inbox.ListBuriedAsync(state.Subject.App(account).AppId, Listed, after: null, cancellationToken).ConfigureAwait(false);
            if (buried.Count > 0)
            {
                notes.Warn(Check, "buried", string.Create(CultureInfo.InvariantCulture,
                    $"{(buried.Count == Listed ? $"{Listed} or more" : buried.Count)} events of the {DoctorPages.NameOf(account)} failed in all their attempts, the last "
                        + $"on {buried[0].BuriedAt:u}."), "Mend the handler that fails (the host's log names it), then queue them again: unionpush events requeue.");
            }
        }

        if (notes.Findings.Count == 0)
        {
            notes.Ok(Check, "No event was set aside.");
        }
    }

    /// <summary>Reads from each store, which opens the database and finds its tables.</summary>
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var subject = state.Subject;
        var appId = subject.OfficialAccount.AppId;
        await subject.Syncs.GetAsync(appId, cancellationToken).ConfigureAwait(false);
        await subject.Repository.FindAsync(appId, ["unionpush-doctor"], cancellationToken).ConfigureAwait(false);
        await subject.Inbox.ListBuriedAsync(appId, 1, after: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Two leases whose names differ in case only can be had at once where the store tells them apart. Nothing of them stays.</summary>
    private async Task<bool> TellsCaseApartAsync(CancellationToken cancellationToken)
    {
        var name = $"doctor{Guid.NewGuid():N}";
        var first = await state.Subject.Syncs.TryLeaseAsync($"{name}o", Brief, cancellationToken).ConfigureAwait(false);
        if (first is null)
        {
            return true;
        }

        await using (first.ConfigureAwait(false))
        {
            var second = await state.Subject.Syncs.TryLeaseAsync($"{name}O", Brief, cancellationToken).ConfigureAwait(false);
            if (second is null)
            {
                return false;
            }

            await second.DisposeAsync().ConfigureAwait(false);
            return true;
        }
    }

    private async Task<bool> IsLeasedAsync(string appId, CancellationToken cancellationToken)
    {
        var lease = await state.Subject.Syncs.TryLeaseAsync(appId, Brief, cancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            return true;
        }

        await lease.DisposeAsync().ConfigureAwait(false);
        return false;
    }
}
