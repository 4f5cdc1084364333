using System.Diagnostics;
using WeChat.UnionPush.StandIn;

namespace WeChat.UnionPush.Tests.StandIn;

/// <summary>The whole road through the public API, compared with what the stand-in knows at each step.</summary>
internal sealed class WholeFlow(StandInHost host, Mischief mischief)
{
    private const Mischief MayEndEarly = Mischief.EmptyPageLikeTheEnd | Mischief.EmptyPageWithCursor;

    private const Mischief LosesAnswers = Mischief.CloseBeforeAnswer | Mischief.CloseInAnswer | Mischief.Reset | Mischief.BadGateway | Mischief.EmptyGatewayTimeout;

    private static readonly string Text = "TIT创意园🎉\u3000+&<>'\"\\/é";

    private readonly Ledger _ledger = host.Ledger;
    private readonly List<Person> _seen = [];

    public static async Task RunAsync(Mischief mischief, int seed = 1, Action<WeChatUnionPushOptions>? configure = null)
    {
        // A host that traces has an activity around each call; none of it is the platform's business.
        using var activity = new Activity("whole flow").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("user", "42");
        activity.TraceStateString = "vendor=1";
        activity.Start();
        await using var host = new StandInHost(mischief, seed, configure);
        await new WholeFlow(host, mischief).RunAsync();
    }

    private async Task RunAsync()
    {
        Person[] followers = [.. Enumerable.Range(0, 120).Select(number => _ledger.AddPerson(follows: true, leavesWhenListed: number is 40 or 41 or 110))];
        Person[] strangers = [.. Enumerable.Range(0, 3).Select(_ => _ledger.AddPerson(follows: false))];
        _seen.AddRange(followers);

        var first = await SyncAsync();
        Assert.True((mischief & MayEndEarly) != 0 || first.Linked == 117, $"{first.Linked} are linked.");
        await AssertPeopleAsync();

        // Nothing has changed, so nobody is asked about again.
        var (batches, singles) = (_ledger.CallsOf("/cgi-bin/user/info/batchget"), _ledger.CallsOf("/cgi-bin/user/info"));
        Assert.True(batches + singles > 0);
        await SyncAsync();
        Assert.Equal((batches, singles), (_ledger.CallsOf("/cgi-bin/user/info/batchget"), _ledger.CallsOf("/cgi-bin/user/info")));
        await AssertPeopleAsync();

        Person[] users = [followers[0], followers[1], followers[17], followers[57], followers[104], followers[119]];
        foreach (var person in (Person[])[.. users, followers[40], strangers[0]])
        {
            await SignInAsync(person);
        }

        await PushAsync(users);
        await PushInVainAsync(followers[40], strangers[0]);
        await ChangeAsync(followers, strangers);
        await UseSessionsAsync(followers[2]);
        await UseCatalogAsync(users[0]);
        await DiagnoseAsync();
        Assert.InRange(host.Platform.MostConnections, 1, 64);
        host.AssertNoViolation();
    }

    private async Task<FollowerSyncReport> SyncAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var report = await host.Push.SyncFollowersAsync();
            if ((mischief & MayEndEarly) == 0 || report.Outcome == FollowerSyncOutcome.Completed || attempt == 3)
            {
                Assert.Equal(FollowerSyncOutcome.Completed, report.Outcome);
                return report;
            }

            // A walk that broke off takes nobody for gone.
            var known = await PeopleAsync();
            Assert.DoesNotContain(_ledger.Followers, person => known.TryGetValue(person.OpenId, out var one) && one.FollowState == FollowState.NotFollowing);
        }
    }

    private async Task<Dictionary<string, WeChatIdentity>> PeopleAsync()
    {
        var known = new Dictionary<string, WeChatIdentity>();
        await foreach (var one in host.Get<IUnionIdRepository>().ListAsync(Ledger.OfficialAccountAppId))
        {
            known.Add(one.OpenId, one);
        }

        return known;
    }

    private async Task AssertPeopleAsync()
    {
        // Who left when a list named them may have been on a page whose answer was lost, and is then a stranger.
        var known = await PeopleAsync();
        var expected = _seen.Where(person => !person.LeavesWhenListed || known.ContainsKey(person.OpenId)).ToList();
        Assert.True((mischief & LosesAnswers) != 0 || expected.Count == _seen.Count);
        Assert.Equal(expected.Select(person => person.OpenId).Order(StringComparer.Ordinal), known.Keys.Order(StringComparer.Ordinal));
        foreach (var person in expected)
        {
            var one = known[person.OpenId];
            Assert.Equal((person.Number, person.Follows ? FollowState.Following : FollowState.NotFollowing), (person.Number, one.FollowState));
            if (person.Follows)
            {
                Assert.Equal((person.Number, person.UnionId), (person.Number, one.UnionId));
            }
        }
    }

    private async Task SignInAsync(Person person)
    {
        var code = _ledger.CreateLoginCode(person);
        var openData = mischief.HasFlag(Mischief.SignInWithoutUnionId) && _ledger.CreateOpenData(person, code) is var data
            ? new EncryptedOpenData(data.EncryptedData, data.Iv) { RawData = data.RawData, Signature = data.Signature }
            : null;
        var user = await host.Push.SignInAsync(code, openData);
        Assert.Equal((person.MiniProgramOpenId, person.UnionId), (user.OpenId, user.UnionId));
        Assert.Equal(1, _ledger.UsesOf(code));
    }

    private async Task PushAsync(Person[] users)
    {
        var results = await Task.WhenAll(users.Select(person => host.Push.PushAsync(person.MiniProgramOpenId, Message(person, "first"))));
        Assert.All(results, result => Assert.True(result.IsSent, $"{result.Status}: {result.Reason}"));

        // The same key within ten minutes is delivered once, whatever the platform says to it.
        var repeated = await Task.WhenAll(users.Select(person => host.Push.PushAsync(person.MiniProgramOpenId, Message(person, "first"))));
        Assert.All(repeated, result => Assert.True(result.Status is PushStatus.Sent or PushStatus.Duplicate, $"{result.Status}: {result.Reason}"));

        var arrived = _ledger.Messages.ToDictionary(message => message.ToUser);
        Assert.Equal(users.Select(person => person.OpenId).Order(StringComparer.Ordinal), arrived.Keys.Order(StringComparer.Ordinal));
        for (var i = 0; i < users.Length; i++)
        {
            var message = arrived[users[i].OpenId];
            Assert.Equal(Text, message.Values["thing1"]);
            Assert.Equal("¥39.80", message.Values["amount2"]);
            Assert.Equal("2026-11-22 10:00:00", message.Values["time3"]);
            Assert.Equal("https://example.com/orders/42?a=1&b=巧克力", message.Url);
            Assert.Equal((Ledger.MiniProgramAppId, "pages/order?id=42&from=push"), (message.MiniProgramAppId, message.PagePath));
            Assert.True(message.Requests >= 2);
            if (mischief.HasFlag(Mischief.NoMessageId))
            {
                Assert.Null(results[i].MessageId);
            }
            else if (results[i].MessageId is not null || !mischief.HasFlag(Mischief.RepeatsAreErrors))
            {
                // A first answer that was lost and a repetition told as such leave no id to know.
                Assert.Equal(message.Id, results[i].MessageId);
            }
        }

        var second = await host.Push.PushToUnionIdAsync(users[0].UnionId, Message(users[0], "second"));
        Assert.True(second.IsSent, $"{second.Status}: {second.Reason}");
        Assert.Equal(users.Length + 1, _ledger.Messages.Count);
    }

    /// <summary>Who does not follow gets nothing, and costs no call when that is known.</summary>
    private async Task PushInVainAsync(Person left, Person stranger)
    {
        var calls = _ledger.CallsOf("/cgi-bin/message/template/send");
        var messages = _ledger.Messages.Count;
        Assert.Equal(PushStatus.NotFollowing, (await host.Push.PushAsync(left.MiniProgramOpenId, Message(left, "vain"))).Status);
        Assert.Equal(PushStatus.NotFollowing, (await host.Push.PushAsync(stranger.MiniProgramOpenId, Message(stranger, "vain"))).Status);
        Assert.Equal(PushStatus.NotSignedIn, (await host.Push.PushAsync("oNeverSignedIn00000000000000", Message(stranger, "vain"))).Status);
        Assert.Equal((calls, messages), (_ledger.CallsOf("/cgi-bin/message/template/send"), _ledger.Messages.Count));

        var unknown = await Assert.ThrowsAsync<WeChatApiException>(() => host.Get<ITemplateMessageSender>().SendAsync(
            _ledger.Followers[0].OpenId,
            TemplateMessage.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFG").Thing("thing1", "巧克力").Build()));
        Assert.Equal(40037, unknown.ErrorCode!.Value.Value);
        Assert.Contains("invalid template_id", unknown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_ledger.Secrets, secret => unknown.ToString().Contains(secret, StringComparison.Ordinal));
        if ((mischief & (Mischief.ControlCharacters | Mischief.InvalidUtf8)) == 0)
        {
            var record = await host.Get<IWeChatDiagnostics>().FindRequestAsync(unknown.RequestId!);
            Assert.Contains("\"template_id\":\"0123456789abcdefghijklmnopqrstuvwxyzABCDEFG\"", record.RequestBody, StringComparison.Ordinal);
            Assert.Equal((TimeSpan.FromMilliseconds(30), "127.0.0.1"), (record.Duration, record.ClientIp));
        }
    }

    /// <summary>Some leave, some come, and one who left is pushed to before the library knows.</summary>
    private async Task ChangeAsync(Person[] followers, Person[] strangers)
    {
        foreach (var person in followers[60..63])
        {
            _ledger.Unfollow(person);
        }

        _ledger.Follow(strangers[0]);
        _seen.Add(strangers[0]);
        _seen.AddRange(Enumerable.Range(0, 5).Select(_ => _ledger.AddPerson()));
        await SignInAsync(followers[60]);

        // A refusal after a lost answer does not tell what became of the attempt before it: the person may have left in between. A connection that is closed while
        // it is idle may take a request with it, and nobody can tell that from a lost answer.
        var late = await host.Push.PushAsync(followers[60].MiniProgramOpenId, Message(followers[60], "late"));
        Assert.Equal(43004, late.ErrorCode?.Value);
        Assert.True(late.Status is PushStatus.NotFollowing || (late.Status is PushStatus.Unknown && (mischief & (LosesAnswers | Mischief.CloseWhenIdle)) != 0), $"{late.Status}");

        await SyncAsync();
        await AssertPeopleAsync();
        var result = await host.Push.PushAsync(strangers[0].MiniProgramOpenId, Message(strangers[0], "welcome"));
        Assert.True(result.IsSent, $"{result.Status}: {result.Reason}");
        Assert.Equal(strangers[0].OpenId, _ledger.Messages[^1].ToUser);

        // Nine have signed in. Of the two who left, one was gone before the platform told the UnionID, so nobody can know that it is the same person.
        Assert.Equal(new IdentityCoverage(Reachable: 7, Unlinked: 0, NeverFollowed: 1, Left: 1, Refusing: 0), await host.Push.GetCoverageAsync());
    }

    private async Task UseSessionsAsync(Person person)
    {
        var session = host.Get<IMiniProgramSession>();
        var user = await session.SignInAsync(_ledger.CreateLoginCode(person));
        Assert.True(await session.CheckAsync(user.OpenId, user.SessionKey));
        Assert.False(await session.CheckAsync(user.OpenId, "bm90IHRoZSBrZXkgLi4uLg=="));
        var renewed = await session.ResetAsync(user.OpenId, user.SessionKey);
        Assert.NotEqual(user.SessionKey, renewed.SessionKey);
        Assert.True(await session.CheckAsync(user.OpenId, renewed.SessionKey));

        var follower = await host.Get<IFollowerSource>().GetFollowerAsync(person.OpenId);
        Assert.Equal((true, person.UnionId, "98765"), (follower.IsFollowing, follower.UnionId, follower.QrScene));
        Assert.Equal([128, 2], follower.TagIds);
    }

    private async Task UseCatalogAsync(Person person)
    {
        var catalog = host.Get<ITemplateCatalog>();
        var templates = await catalog.ListAsync();
        Assert.Equal(_ledger.TemplateIds, templates.Select(template => template.Id));
        Assert.Equal(["thing1", "amount2", "time3"], templates[0].Keys.Select(key => key.Name));
        Assert.Equal(["first", "keyword1", "remark"], templates[1].Keys.Select(key => key.Name));

        var added = await OnceAsync("/cgi-bin/template/api_add_template", () => catalog.AddAsync("47123", ["商品名称", "数量"]));
        Assert.Equal(added, _ledger.TemplateIds[^1]);
        Assert.Equal(["thing1", "thing2"], (await catalog.FindAsync(added))!.Keys.Select(key => key.Name));
        await OnceAsync("/cgi-bin/template/del_private_template", () => catalog.RemoveAsync(added));
        Assert.DoesNotContain(added, _ledger.TemplateIds);
        Assert.DoesNotContain(await catalog.ListAsync(), template => template.Id == added);

        await OnceAsync("/cgi-bin/template/api_set_industry", () => catalog.SetIndustriesAsync(3, 41, deleteTemplatesOfFormerIndustries: true));
        Assert.Equal(new TemplateIndustries("行业 / 3", "行业 / 41"), await catalog.GetIndustriesAsync());

        // None, one and several have three shapes.
        foreach (var count in (int[])[0, 1, 103])
        {
            var blocked = new List<BlockedTemplateMessage>();
            for (var i = await catalog.ListBlockedAsync(templates[0].Id).CountAsync(); i < count; i++)
            {
                _ledger.Block(templates[0].Id, $"内容 {i}", person);
            }

            await foreach (var message in catalog.ListBlockedAsync(templates[0].Id))
            {
                blocked.Add(message);
            }

            Assert.Equal(Enumerable.Range(1000, count).Select(id => (long)id), blocked.Select(message => message.Id));
            Assert.All(blocked, message => Assert.Equal((templates[0].Id, person.OpenId), (message.TemplateId, message.OpenId)));
        }
    }

    private async Task DiagnoseAsync()
    {
        var diagnostics = host.Get<IWeChatDiagnostics>();
        var sends = _ledger.CallsOf("/cgi-bin/message/template/send");
        var quota = await diagnostics.GetQuotaAsync("/cgi-bin/message/template/send");
        Assert.Equal((100_000L, sends, 100_000L - sends), (quota.DailyLimit, quota.Used, quota.Remaining));
        if (!mischief.HasFlag(Mischief.NullMembers))
        {
            Assert.Equal((600L, TimeSpan.FromMinutes(1)), (quota.CallsPerWindow, quota.Window));
        }

        await OnceAsync("/cgi-bin/clear_quota", () => diagnostics.ClearQuotaAsync());
        Assert.Equal(["101.89.47.18", "101.91.34.103"], await diagnostics.GetApiAddressesAsync());
        var reach = await diagnostics.CheckCallbackAsync();
        Assert.Equal("203.0.113.7", Assert.Single(reach.Resolved).Address);
        Assert.Equal(("0%", "23.079ms"), (Assert.Single(reach.Pinged).PacketLoss, reach.Pinged[0].Time));
        Assert.Empty((await diagnostics.CheckCallbackAsync(CallbackCheck.Dns, "CHINANET")).Pinged);
    }

    private Task OnceAsync(string path, Func<Task> call) => OnceAsync(path, async () =>
    {
        await call();
        return true;
    });

    /// <summary>
    /// A call that must not be made twice. Where a connection is closed just when the call goes out, its outcome is not known to anybody but the
    /// stand-in, which has not seen it; so it is made again by hand.
    /// </summary>
    private async Task<T> OnceAsync<T>(string path, Func<Task<T>> call)
    {
        while (true)
        {
            var before = _ledger.CallsOf(path);
            try
            {
                var result = await call();
                Assert.Equal(before + 1, _ledger.CallsOf(path));
                return result;
            }
            catch (WeChatApiException exception) when (exception.OutcomeUnknown && mischief.HasFlag(Mischief.CloseWhenIdle) && _ledger.CallsOf(path) == before)
            {
                // Nothing was done.
            }
        }
    }

    private TemplateMessage Message(Person person, string occasion) => TemplateMessage.Create(_ledger.TemplateIds[0])
        .Thing("thing1", Text)
        .Amount("amount2", 39.8m)
        .Set("time3", "2026-11-22 10:00:00", color: "#173177")
        .Url("https://example.com/orders/42?a=1&b=巧克力")
        .OpenMiniProgram(Ledger.MiniProgramAppId, "pages/order?id=42&from=push")
        .IdempotencyKey($"order/{person.Number}/{occasion}")
        .Build();
}
