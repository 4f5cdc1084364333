namespace WeChat.UnionPush;

/// <summary>Counts who can be reached on which channel. It begins at those who gave something (a tap, a scan, a message), who are few beside all users.</summary>
internal sealed class ReachCensus(
    RouteApps apps, IUnionIdRepository repository, IReadOnlyList<PushChannel> channels, IConsentLedger? consents, IReachJournal? journal, FollowLinkBook? followLinks,
    TimeProvider time)
{
    private const int PageSize = 500;

    public async ValueTask<ReachCoverage> CountAsync(TemplateMessage message, CancellationToken cancellationToken)
    {
        var coverage = await repository.GetCoverageAsync(apps.MiniProgram, apps.OfficialAccount, cancellationToken).ConfigureAwait(false);
        var counts = new Dictionary<PushChannel, long> { [PushChannel.TemplateMessage] = coverage.Reachable };
        var counted = new HashSet<string>(StringComparer.Ordinal);
        if (followLinks is not null && journal is { } links)
        {
            await CountPagesAsync(PushChannel.TemplateMessage, isFollower: false, after => NotesAsync(links, apps.MiniProgram, ReachKeys.Link(""), after)).ConfigureAwait(false);
        }

        foreach (var channel in channels)
        {
            await (channel switch
            {
                PushChannel.SubscribeMessage when message.Subscribe is { } subscribe && consents is { } ledger =>
                    CountPagesAsync(channel, isFollower: false, after => CreditsAsync(ledger, apps.MiniProgram, subscribe.TemplateId, after)),
                PushChannel.SubscribeNotice when message.Notice is { } notice && consents is { } ledger =>
                    CountPagesAsync(channel, isFollower: true, after => CreditsAsync(ledger, apps.OfficialAccount, notice.TemplateId, after)),
                PushChannel.CustomerService when message.CustomerServiceText is not null && journal is { } notes =>
                    CountPagesAsync(channel, isFollower: true, after => NotesAsync(notes, apps.OfficialAccount, ReachKeys.Window(""), after)),
                _ => Task.CompletedTask,
            }).ConfigureAwait(false);
        }

        return new ReachCoverage(
            counts[PushChannel.TemplateMessage],
            counts.GetValueOrDefault(PushChannel.SubscribeMessage),
            counts.GetValueOrDefault(PushChannel.SubscribeNotice),
            counts.GetValueOrDefault(PushChannel.CustomerService),
            Math.Max(0, coverage.Total - counts.Values.Sum()));

        // Whoever signed in and was not counted on an earlier channel.
        async Task CountPagesAsync(PushChannel channel, bool isFollower, Func<string?, ValueTask<Page>> read)
        {
            Page page;
            string? after = null;
            do
            {
                page = await read(after).ConfigureAwait(false);
                after = page.Last;
                await AddAsync(channel, isFollower ? await UsersOfAsync(page.OpenIds, cancellationToken).ConfigureAwait(false) : page.OpenIds).ConfigureAwait(false);
            }
            while (page.Size == PageSize);
        }

        async Task AddAsync(PushChannel channel, IReadOnlyList<string> users)
        {
            if (users.Count == 0)
            {
                return;
            }

            foreach (var link in await repository.ResolveAsync(apps.MiniProgram, users, apps.OfficialAccount, cancellationToken).ConfigureAwait(false))
            {
                // By a link a follower is found only where no UnionID tells one.
                var follows = link.Target is { FollowState: FollowState.Following };
                var isReached = !follows && (channel != PushChannel.TemplateMessage || (link.Target is null && await FollowsAsync(link.Source).ConfigureAwait(false)));
                if (isReached && counted.Add(link.Source.OpenId))
                {
                    counts[channel] = counts.GetValueOrDefault(channel) + 1;
                }
            }
        }

        async ValueTask<bool> FollowsAsync(WeChatIdentity user) =>
            followLinks is not null && await followLinks.FindFollowerAsync(user.OpenId, user.UnionId, cancellationToken).ConfigureAwait(false)
                is { FollowState: FollowState.Following };

        async ValueTask<Page> CreditsAsync(IConsentLedger ledger, string appId, string templateId, string? after)
        {
            var openIds = await ledger.ListAsync(appId, templateId, after, PageSize, cancellationToken).ConfigureAwait(false);
            return new Page(openIds, openIds.Count, openIds.Count == 0 ? null : openIds[^1]);
        }

        async ValueTask<Page> NotesAsync(IReachJournal notes, string appId, string prefix, string? after)
        {
            var page = await notes.ListAsync(appId, prefix, after, PageSize, cancellationToken).ConfigureAwait(false);
            var now = time.GetUtcNow();
            var areWindows = string.Equals(prefix, ReachKeys.Window(""), StringComparison.Ordinal);
            return new Page(
                [.. page.Where(note => !areWindows || ServiceWindows.IsOpen(note.Value, now)).Select(note => note.Key[prefix.Length..])],
                page.Count,
                page.Count == 0 ? null : page[^1].Key);
        }
    }

    /// <summary>The Mini Program users who are these followers.</summary>
    private async ValueTask<IReadOnlyList<string>> UsersOfAsync(IReadOnlyList<string> openIds, CancellationToken cancellationToken)
    {
        var users = new List<string>();
        foreach (var link in await repository.ResolveAsync(apps.OfficialAccount, openIds, apps.MiniProgram, cancellationToken).ConfigureAwait(false))
        {
            if (link.Target is { } user)
            {
                users.Add(user.OpenId);
            }
            else if (followLinks is not null
                && await followLinks.BesideAsync(apps.OfficialAccount, link.Source.OpenId, link.Source.UnionId, cancellationToken).ConfigureAwait(false) is { } linked)
            {
                users.Add(linked.OpenId);
            }
        }

        return users;
    }

    /// <summary>People of a page, how many entries it had, and after which the next one begins.</summary>
    private sealed record Page(IReadOnlyList<string> OpenIds, int Size, string? Last);
}
