using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using WeChat.UnionPush.Storage;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>Goes through the checks in the order in which they rest on each other.</summary>
/// <param name="find">Makes what is examined. It throws where the options are wrong.</param>
internal sealed class UnionPushDoctor(Func<DoctorSubject> find) : IUnionPushDoctor
{
    public async IAsyncEnumerable<DoctorFinding> ExamineAsync(
        DoctorQuestions? questions = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        questions ??= new DoctorQuestions();
        var notes = new DoctorNotes();
        var subject = Find(notes);
        foreach (var finding in notes.Findings)
        {
            yield return finding;
        }

        if (subject is null)
        {
            yield break;
        }

        var state = new DoctorState(subject, questions);
        foreach (var (check, run, wanted) in Checks(state))
        {
            if (!wanted())
            {
                continue;
            }

            var found = await RunAsync(check, run, cancellationToken).ConfigureAwait(false);
            foreach (var finding in found)
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<(string Check, Func<DoctorNotes, CancellationToken, Task> Run, Func<bool> IsWanted)> Checks(DoctorState state)
    {
        var network = new NetworkChecks(state);
        var credentials = new CredentialChecks(state);
        var account = new AccountChecks(state);
        var stores = new StoreChecks(state);
        yield return ("store", stores.CheckStoreAsync, () => state.Questions.ExaminesStores);
        yield return ("network", network.CheckAsync, () => true);
        yield return ("official_account.credentials", credentials.CheckOfficialAccountAsync, () => state.IsReachable);
        yield return ("mini_program.credentials", credentials.CheckMiniProgramAsync, () => state.IsReachable);
        yield return ("official_account.kind", credentials.CheckKindsAsync, () => state.IsReachable);
        yield return ("official_account.token", account.CheckTokenAsync, () => state.CanCall);
        yield return ("network.bodies", account.CheckBodiesAsync, () => state.CanCall);
        yield return ("official_account.verification", account.CheckFollowerListAsync, () => state.CanCall);
        yield return ("quota", account.CheckQuotaAsync, () => state.CanCall);
        yield return ("templates", new TemplateChecks(state).CheckAsync, () => state.CanCall && state.IsVerified);
        yield return ("open_platform", new OpenPlatformChecks(state).CheckAsync, () => true);
        yield return ("callback", new CallbackChecks(state).CheckAsync, () => true);
        yield return ("sync", stores.CheckSyncAsync, () => state.HasStores);
        yield return ("events", stores.CheckEventsAsync, () => state.HasStores);
        yield return ("official_account.token", account.CheckOwnerAsync, () => state.CanCall);
    }

    private static async Task<IReadOnlyList<DoctorFinding>> RunAsync(
        string check, Func<DoctorNotes, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        var notes = new DoctorNotes();
        try
        {
            await run(notes, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception)
        {
            notes.Refused(check, exception, check.StartsWith("mini_program", StringComparison.Ordinal) ? WeChatAccountKind.MiniProgram : WeChatAccountKind.OfficialAccount);
        }
        catch (UnionPushStorageException exception)
        {
            notes.Fail(check, "store_failed", Redaction.Quote(exception.Message, Redaction.ErrorMessageLimit));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            notes.Fail(check, "not_examined", $"The examination broke off: {Redaction.Quote(exception.Message, Redaction.ErrorMessageLimit)}");
        }

        return notes.Findings;
    }

    private DoctorSubject? Find(DoctorNotes notes)
    {
        try
        {
            var subject = find();
            foreach (var (path, nearest) in subject.UnknownKeys)
            {
                notes.Warn("options", "key_unknown", $"{path} is no option, and is ignored.", $"Probably {nearest} is meant.");
            }

            if (subject.ReloadProblem is { } problem)
            {
                notes.Warn("options", "reload_refused", $"The last reload of the options was refused, and those before it serve on: {problem}", "Correct the configuration.");
            }

            if (notes.Findings.Count == 0)
            {
                notes.Ok("options", $"The options are complete: {subject.OfficialAccount.AppId} sends to users of {subject.MiniProgram.AppId}.");
            }

            return subject;
        }
        catch (OptionsValidationException exception)
        {
            foreach (var failure in exception.Failures)
            {
                notes.Fail("options", "invalid", Redaction.Quote(failure, Redaction.ErrorMessageLimit), "Correct this option where the host's configuration has it.");
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or UnionPushStorageException)
        {
            notes.Fail("options", "unusable", Redaction.Quote(exception.Message, Redaction.ErrorMessageLimit), "Correct the registration.");
        }

        return null;
    }
}
