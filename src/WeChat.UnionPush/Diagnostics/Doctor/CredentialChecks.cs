namespace WeChat.UnionPush.Diagnostics;

/// <summary>
/// App ids, secrets and IP lists of both apps, and whether each app is what it is taken for. The stable channel is asked: that gives the token which is valid
/// already, and disturbs nobody on either channel.
/// </summary>
internal sealed class CredentialChecks(DoctorState state)
{
    // A code that wx.login never gives: a Mini Program answers that it is wrong, and another app that it is no Mini Program.
    private const string NoCode = "0unionpush-doctor";

    private bool _officialAccount;
    private bool _miniProgram;

    public async Task CheckOfficialAccountAsync(DoctorNotes notes, CancellationToken cancellationToken) =>
        _officialAccount = await CheckAsync(notes, WeChatAccountKind.OfficialAccount, cancellationToken).ConfigureAwait(false);

    public async Task CheckMiniProgramAsync(DoctorNotes notes, CancellationToken cancellationToken) =>
        _miniProgram = await CheckAsync(notes, WeChatAccountKind.MiniProgram, cancellationToken).ConfigureAwait(false);

    /// <summary>Whether the Official Account is none and the Mini Program is one.</summary>
    public async Task CheckKindsAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        state.CanCall = _officialAccount;
        if (_officialAccount && await ProbeAsync(state.Subject.OfficialAccount, cancellationToken).ConfigureAwait(false) == WeChatErrorCodes.InvalidLoginCode)
        {
            state.CanCall = false;
            notes.Fail("official_account.kind", "is_mini_program", $"OfficialAccount:AppId {state.Subject.OfficialAccount.AppId} is that of a Mini Program.",
                "Put the app id and the secret of the 服务号 here; probably the two apps are exchanged.", DoctorPages.OfficialAccount);
        }

        if (!_miniProgram)
        {
            return;
        }

        var answer = await ProbeAsync(state.Subject.MiniProgram, cancellationToken).ConfigureAwait(false);
        switch (answer)
        {
            case WeChatErrorCodes.InvalidLoginCode:
                notes.Ok("mini_program.kind", $"{state.Subject.MiniProgram.AppId} is a Mini Program, and its users can sign in.");
                break;
            case WeChatErrorCodes.InvalidAppId:
                notes.Fail("mini_program.kind", "is_no_mini_program", $"MiniProgram:AppId {state.Subject.MiniProgram.AppId} is that of another kind of app.",
                    "Put the app id and the secret of the Mini Program here; probably the two apps are exchanged.", DoctorPages.MiniProgram);
                break;
            default:
                notes.Refused("mini_program.sign_in", WeChatApiErrors.Create(SessionEndpoints.CodeToSession.Path, answer, errorMessage: null), WeChatAccountKind.MiniProgram);
                break;
        }
    }

    private async Task<bool> CheckAsync(DoctorNotes notes, WeChatAccountKind account, CancellationToken cancellationToken)
    {
        var check = $"{DoctorPages.PrefixOf(account)}.credentials";
        try
        {
            await AccessTokenRequest.SendAsync(
                state.Subject.Transport, state.Subject.App(account), AccessTokenChannel.Stable, forced: false, state.Subject.Time, cancellationToken).ConfigureAwait(false);
            notes.Ok(check, $"App id, AppSecret and IP list of the {DoctorPages.NameOf(account)} are right.");
            return true;
        }
        catch (WeChatApiException exception)
        {
            notes.Refused(check, exception, account);
            return false;
        }
    }

    private async Task<int> ProbeAsync(WeChatAppOptions app, CancellationToken cancellationToken)
    {
        var query = $"appid={Uri.EscapeDataString(app.AppId)}&secret={Uri.EscapeDataString(app.AppSecret)}&js_code={NoCode}&grant_type=authorization_code";
        var answer = await state.Subject.Transport.SendAsync(SessionEndpoints.CodeToSession, token: null, query, body: default, cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode;
    }
}
