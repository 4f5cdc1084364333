namespace WeChat.UnionPush.Broadcasts;

/// <summary>Who the recipients of a claimed batch are, and what is known of them before anything is sent.</summary>
/// <param name="tools">What is sent with.</param>
/// <param name="run">The broadcast.</param>
/// <param name="batch">The batch, claimed.</param>
/// <param name="sheet">The outcomes so far.</param>
/// <param name="lines">The recipients.</param>
/// <param name="templates">What they get.</param>
/// <param name="claim">The claim.</param>
internal sealed class BatchRecipients(
    BroadcastTools tools, BroadcastRun run, BroadcastBatch batch, OutcomeSheet sheet, RecipientLine[] lines, BatchTemplates templates, BatchClaim claim)
{
    private readonly FoundRecipient?[] _found = new FoundRecipient?[batch.Size];
    private readonly PushStatus?[] _unreachable = new PushStatus?[batch.Size];

    /// <summary>The openid in the Official Account, of whoever can be sent the template message.</summary>
    public string OpenIdOf(int recipient) => _found[recipient]?.OpenId ?? lines[recipient].Id;

    /// <summary>Why the template message certainly cannot reach somebody for whom other channels are tried; otherwise <see langword="null"/>.</summary>
    public PushStatus? UnreachableOf(int recipient) => _unreachable[recipient];

    /// <summary>The message of one recipient. Its id is the same at each attempt, on each machine.</summary>
    public TemplateMessage MessageOf(int recipient)
    {
        var message = templates.MessageOf(recipient);
        return message.ToMessage(IdOf(recipient), message.CorrelationId ?? $"broadcast/{run.Record.Name}");
    }

    /// <summary>Who a recipient is, for the further channels.</summary>
    public async Task<ReachRecipient> FindAsync(int recipient) => _found[recipient] is { } found
        ? found.Recipient
        : await tools.Finder.FindFollowerAsync(lines[recipient].Id, CancellationToken.None).ConfigureAwait(false);

    /// <summary>
    /// Settles whoever an earlier claim may have sent to, where more will never be known: on a further channel, as the ladder's own notes tell, or so long ago
    /// that the platform would not know the message again.
    /// </summary>
    public async Task RecoverAsync(CancellationToken stop)
    {
        int[] underWay = [.. Enumerable.Range(0, batch.Size).Where(sheet.IsUnderWay)];
        var tried = tools.Reach is { } reach && underWay.Length > 0
            ? await reach.FindClaimsAsync([.. underWay.Select(IdOf)], stop).ConfigureAwait(false)
            : new Dictionary<string, PushChannel>(StringComparer.Ordinal);
        foreach (var i in underWay)
        {
            if (tried.TryGetValue(IdOf(i), out var channel))
            {
                sheet.Settle(i, PushStatus.Unknown, 0, sheet.ValueOf(i), channel);
            }
            else if (sheet.IsClimbing(i) && claim.AgeOf(i) < tools.Reach?.KeepsClaimsFor)
            {
                sheet.Return(i);
            }
            else if (claim.AgeOf(i) >= BatchClaim.IdLifetime)
            {
                sheet.Settle(i, PushStatus.Unknown, 0, sheet.ValueOf(i));
            }
        }
    }

    /// <summary>Who left, refuses or was erased since the plan was made costs no call. Of somebody who may have the message that is not the outcome.</summary>
    public async Task LookUpAsync(CancellationToken stop)
    {
        var pending = Enumerable.Range(0, batch.Size).Where(sheet.IsPending).ToLookup(i => lines[i].IsAsNamed && lines[i].Id.Length > 0);
        await LookUpFollowersAsync([.. pending[false]], stop).ConfigureAwait(false);
        await LookUpNamedAsync([.. pending[true]], stop).ConfigureAwait(false);
    }

    private string IdOf(int recipient) => BroadcastPlanner.MessageIdOf(batch, recipient);

    private async Task LookUpFollowersAsync(int[] recipients, CancellationToken stop)
    {
        string[] openIds = [.. recipients.Select(i => lines[i].Id).Where(static openId => openId.Length > 0)];
        var known = new Dictionary<string, FollowState>(StringComparer.Ordinal);
        if (openIds.Length > 0)
        {
            foreach (var identity in await tools.Repository.FindAsync(tools.AppId, openIds, stop).ConfigureAwait(false))
            {
                known[identity.OpenId] = identity.FollowState;
            }
        }

        foreach (var i in recipients)
        {
            if (!known.TryGetValue(lines[i].Id, out var state))
            {
                sheet.Settle(i, PushStatus.NotFollowing);
            }
            else if (state is FollowState.NotFollowing or FollowState.Refusing)
            {
                Leave(i, state == FollowState.Refusing ? PushStatus.Refused : PushStatus.NotFollowing);
            }
        }
    }

    /// <summary>Whom the template message could not reach when the run was planned, it may reach by now.</summary>
    private async Task LookUpNamedAsync(int[] recipients, CancellationToken stop)
    {
        if (recipients.Length == 0)
        {
            return;
        }

        string[] ids = [.. recipients.Select(i => lines[i].Id)];
        var found = await (run.Content.IsByUnionId ? tools.Finder.FindByUnionIdAsync(ids, stop) : tools.Finder.FindAsync(ids, stop)).ConfigureAwait(false);
        foreach (var (i, person) in recipients.Zip(found))
        {
            _found[i] = person;
            if (!person.IsReachable)
            {
                Leave(i, person.Status);
            }
        }
    }

    private void Leave(int recipient, PushStatus why)
    {
        if (tools.Reach?.MayServe(MessageOf(recipient)) == true)
        {
            _unreachable[recipient] = why;
        }
        else
        {
            sheet.Settle(recipient, why);
        }
    }
}
