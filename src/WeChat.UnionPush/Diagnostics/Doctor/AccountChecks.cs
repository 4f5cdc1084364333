using System.Globalization;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>What is learned with the Official Account's token: whose it is, how calls arrive, what the account may do, and how much is left of it.</summary>
internal sealed class AccountChecks(DoctorState state)
{
    // No API, so the platform refuses it and gives a request id, by which the call can be looked at as it arrived.
    private const string NoPath = "/unionpush/体检";
    private const int SampleSize = 100;

    private const string SecondOwner =
        "Another program fetches tokens of this account on the classic channel (/cgi-bin/token), or forces new ones on the stable channel. Find it; let all programs "
        + "use the stable channel without force_refresh (AccessToken:Channel = Stable), or take their tokens from one place (UseAccessTokenProvider).";

    public async Task CheckTokenAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        const string Check = "official_account.token";
        var subject = state.Subject;
        var appId = subject.OfficialAccount.AppId;
        AccessToken token;
        try
        {
            token = await subject.Tokens.GetAsync(appId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not WeChatApiException && !subject.HasBuiltInTokens && !cancellationToken.IsCancellationRequested)
        {
            state.CanCall = false;
            notes.Fail(Check, "provider_failed", $"The host's own token provider fails: {Redaction.Quote(exception.Message, Redaction.ErrorMessageLimit)}",
                "Mend the token provider.");
            return;
        }

        if (await IsRefusedAsync(token, cancellationToken).ConfigureAwait(false))
        {
            var other = await subject.Tokens.RenewAsync(appId, token, cancellationToken).ConfigureAwait(false);
            if (await IsRefusedAsync(other, cancellationToken).ConfigureAwait(false))
            {
                state.CanCall = false;
                notes.Fail(Check, "token_refused", "The platform refuses the access token, and the one that was fetched in its place.",
                    subject.HasBuiltInTokens ? SecondOwner : "The host's own token provider gives tokens that are not valid. Mend it.", DoctorPages.OfficialAccount);
                return;
            }

            notes.Warn(Check, "second_owner", "The access token at hand had been replaced by somebody else.", SecondOwner, DoctorPages.OfficialAccount);
            token = other;
        }
        else if (subject is { Channel: AccessTokenChannel.Classic, HasBuiltInTokens: true, TokenStore: InMemoryAccessTokenStore })
        {
            notes.Warn(Check, "classic_unshared", "Tokens come from the classic channel and are kept in this process only: each process that fetches one ends that of the others.",
                "Use the stable channel (AccessToken:Channel = Stable), or share the tokens over a store.");
        }
        else
        {
            notes.Ok(Check, $"The access token is accepted; it is good for {Math.Max(0, (token.ExpiresAt - subject.Time.GetUtcNow()).TotalMinutes):0} minutes.");
        }

        state.Token = token;
    }

    /// <summary>At the end, whether the token of the beginning is still the account's.</summary>
    public async Task CheckOwnerAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        if (state.Token is { } token && token.ExpiresAt > state.Subject.Time.GetUtcNow() && await IsRefusedAsync(token, cancellationToken).ConfigureAwait(false))
        {
            notes.Warn("official_account.token", "second_owner",
                "The access token was replaced by somebody else during this examination.", SecondOwner, DoctorPages.OfficialAccount);
        }
    }

    /// <summary>Looks a call up as it arrived: from which address, and with which body.</summary>
    public async Task CheckBodiesAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        WeChatApiException refusal;
        try
        {
            await state.Subject.Diagnostics.GetQuotaAsync(NoPath, cancellationToken).ConfigureAwait(false);
            return;
        }
        catch (WeChatApiException exception)
        {
            refusal = exception;
        }

        if (refusal.ErrorCode?.Value is 40164 or 61004)
        {
            state.CanCall = false;
            notes.Refused("network.address", refusal, WeChatAccountKind.OfficialAccount);
            return;
        }

        if (refusal.RequestId is not { } requestId)
        {
            notes.Skip("network.address", "The platform gave no request id, so the outgoing address is not known.");
            return;
        }

        ApiRequestRecord record;
        try
        {
            record = await state.Subject.Diagnostics.FindRequestAsync(requestId, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException)
        {
            // The platform needs some time until a call can be looked up.
            notes.Skip("network.address", "The platform cannot look the call up yet, so the outgoing address is not known.");
            return;
        }

        if (record.RequestBody.Length > 0 && !record.RequestBody.Contains(NoPath, StringComparison.Ordinal))
        {
            notes.Fail("network.bodies", "bodies_changed", "What arrives at the platform is not what was sent: the body was encoded again on the way.",
                "Find the proxy or the handler (ConfigureHttpClient) that changes bodies, and leave it out. The platform refuses escaped or converted text.");
        }
        else
        {
            notes.Ok("network.bodies", "Bodies arrive as they were sent.");
        }

        if (record.ClientIp.Length > 0)
        {
            notes.Ok("network.address", $"The platform sees this machine as {record.ClientIp}: the address for the IP lists.");
        }
    }

    /// <summary>Lists followers, which only a verified account may, and asks for the details of some of them.</summary>
    public async Task CheckFollowerListAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        const string Check = "official_account.verification";
        IReadOnlyList<string> openIds = [];
        try
        {
            await foreach (var page in state.Subject.Followers.GetPagesAsync(null, cancellationToken).ConfigureAwait(false))
            {
                (openIds, state.Followers) = (page.OpenIds, page.Total);
                break;
            }
        }
        catch (WeChatApiException exception) when (exception.ErrorCode?.Value == WeChatErrorCodes.ApiUnauthorized)
        {
            notes.Fail(Check, "not_verified", $"The account may not list its followers ({exception.ErrorMessage ?? "48001"}).",
                "Only a verified (认证) 服务号 may; a 订阅号 or an unverified account may not, and cannot send template messages.", DoctorPages.Verification);
            return;
        }

        state.IsVerified = true;
        notes.Ok(Check, string.Create(CultureInfo.InvariantCulture, $"The account is verified, and has {state.Followers} followers."));
        if (openIds.Count > 0)
        {
            // Spread over the page, for those who followed one after the other are alike.
            var step = Math.Max(1, openIds.Count / SampleSize);
            var sample = new List<Follower>(SampleSize);
            var wanted = Enumerable.Range(0, Math.Min(SampleSize, openIds.Count)).Select(i => openIds[i * step]).ToArray();
            await foreach (var follower in state.Subject.Followers.GetFollowersAsync(wanted, cancellationToken).ConfigureAwait(false))
            {
                sample.Add(follower);
            }

            state.Sample = sample;
        }
    }

    public async Task CheckQuotaAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        await CheckQuotaAsync(notes, "quota.messages", "template messages", TemplateEndpoints.TemplateSend.Path, cancellationToken).ConfigureAwait(false);
        await CheckQuotaAsync(notes, "quota.follower_list", "pages of followers", FollowerEndpoints.UserGet.Path, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckQuotaAsync(DoctorNotes notes, string check, string what, string path, CancellationToken cancellationToken)
    {
        ApiQuota quota;
        try
        {
            quota = await state.Subject.Diagnostics.GetQuotaAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.ErrorClass is WeChatErrorClass.Request or WeChatErrorClass.Config)
        {
            notes.Skip(check, $"The platform does not tell the quota of {what}: {exception.ErrorMessage ?? exception.ErrorCode?.ToString()}");
            return;
        }

        var left = string.Create(CultureInfo.InvariantCulture, $"{quota.Remaining} of {quota.DailyLimit} {what} are left today.");
        const string Advice = "They are counted anew at 00:00 China time. Raise the quota in the console, or reset it with clear_quota (ten times a month).";
        if (quota.Remaining <= 0)
        {
            notes.Fail(check, "quota_used_up", left, Advice, DoctorPages.Quota);
        }
        else if (quota.Remaining < quota.DailyLimit / 10)
        {
            notes.Warn(check, "quota_low", left, Advice, DoctorPages.Quota);
        }
        else
        {
            notes.Ok(check, left);
        }
    }

    private async Task<bool> IsRefusedAsync(AccessToken token, CancellationToken cancellationToken)
    {
        var endpoint = DiagnosticsEndpoints.ApiAddresses;
        var answer = await state.Subject.Transport.SendAsync(endpoint, token, query: null, body: default, cancellationToken).ConfigureAwait(false);
        if (answer.ErrorCode == 0)
        {
            return false;
        }

        return WeChatApiErrors.Classify(endpoint.Path, answer.ErrorCode, answer.ErrorMessage) == WeChatErrorClass.TokenInvalid
            ? true
            : throw WeChatApiErrors.Create(endpoint.Path, answer.ErrorCode, answer.ErrorMessage, WeChatAccountKind.OfficialAccount);
    }
}
