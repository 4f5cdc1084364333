using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Links;

/// <summary>QR codes that make a Mini Program user follow and link both openids, with a UnionID or without.</summary>
public sealed class FollowLinkTests : IAsyncDisposable
{
    private const string Create = "/cgi-bin/qrcode/create";

    private readonly Town _town = new();
    private readonly InMemoryUnionPushStorage _storage;

    public FollowLinkTests() => _storage = new InMemoryUnionPushStorage(_town.Time);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Who_scans_the_code_follows_and_is_found_by_a_push_whoever_has_a_UnionID(bool userHasUnionId, bool followerHasUnionId)
    {
        _town.MiniProgram.OpenPlatform = userHasUnionId ? Town.OpenPlatform : null;
        _town.Account.OpenPlatform = followerHasUnionId ? Town.OpenPlatform : null;
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        Assert.False((await PushAsync(host, person)).IsSent);

        var link = await Links(host).CreateAsync(OpenId(person));
        Assert.Equal(FollowLinkStatus.Waiting, await StatusAsync(host, person));
        Assert.True(person.Scan(_town.Account, Code(link)));
        await SettleAsync(host);

        Assert.Equal(FollowLinkStatus.Linked, await StatusAsync(host, person));
        var result = await PushAsync(host, person);
        Assert.True(result.IsSent, result.Reason);
        Assert.Single(_town.Account.MessagesTo(person));
        Assert.Equal(new ReachCoverage(1, 0, 0, 0, 0), await host.Push.GetReachAsync(_town.Message()));
        if (userHasUnionId)
        {
            Assert.True((await host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), _town.Message())).IsSent);
        }

        // A later sign-in without a UnionID takes nothing away.
        _town.MiniProgram.OpenPlatform = null;
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        Assert.True((await PushAsync(host, person)).IsSent);

        person.Unfollow(_town.Account);
        await SettleAsync(host);
        Assert.Equal(PushStatus.NotFollowing, (await PushAsync(host, person)).Status);
        _town.Time.Advance(TimeSpan.FromSeconds(2));
        person.Follow(_town.Account);
        await SettleAsync(host);
        Assert.True((await PushAsync(host, person)).IsSent);
    }

    [Fact]
    public async Task A_follower_who_scans_is_linked_too()
    {
        _town.MiniProgram.OpenPlatform = null;
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        person.Follow(_town.Account);
        await SettleAsync(host);
        Assert.Equal(PushStatus.NotLinked, (await PushAsync(host, person)).Status);

        person.Scan(_town.Account, Code(await Links(host).CreateAsync(OpenId(person))));
        await SettleAsync(host);

        Assert.True((await PushAsync(host, person)).IsSent);
    }

    [Fact]
    public async Task The_code_holds_a_secret_of_its_own_that_the_store_does_not_know()
    {
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        var first = await Links(host).CreateAsync(OpenId(person));
        var second = await Links(host).CreateAsync(OpenId(person));

        var scenes = _town.Account.QrCodes.Select(code => code.Scene).ToList();
        Assert.Equal(2, scenes.Distinct(StringComparer.Ordinal).Count());
        Assert.All(scenes, scene => Assert.InRange(scene.Length, 40, 64));
        Assert.DoesNotContain(scenes, scene => scene.Contains(OpenId(person), StringComparison.Ordinal));
        Assert.All(scenes, scene => Assert.DoesNotContain(host.Log, line => line.Text.Contains(scene, StringComparison.Ordinal)));
        Assert.StartsWith("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=", first.Picture.AbsoluteUri, StringComparison.Ordinal);
        Assert.Equal(_town.Time.GetUtcNow().AddMinutes(10), second.ExpiresAt);
        Assert.Equal(Code(second).ExpiresAt, second.ExpiresAt);
        Assert.Null(await _storage.Reach!.FindAsync(Town.OfficialAccountAppId, ReachKeys.Scene(scenes[0])));

        // The earlier code of the same user no longer links.
        person.Scan(_town.Account, Code(first));
        await SettleAsync(host);
        Assert.Equal(FollowLinkStatus.Waiting, await StatusAsync(host, person));
        person.Scan(_town.Account, Code(second));
        await SettleAsync(host);
        Assert.Equal(FollowLinkStatus.Linked, await StatusAsync(host, person));
    }

    [Fact]
    public async Task A_stranger_who_scans_first_is_not_linked_and_the_code_is_used_up()
    {
        await using var host = await StartAsync();
        var (person, stranger) = (await AddUserAsync(host), _town.Platform.AddPerson());
        var link = await Links(host).CreateAsync(OpenId(person));

        stranger.Scan(_town.Account, Code(link));
        await SettleAsync(host);
        person.Scan(_town.Account, Code(link));
        await SettleAsync(host);

        Assert.Equal(FollowLinkStatus.Refused, await StatusAsync(host, person));
        Assert.Equal(2, host.Log.Count(line => line is { Id: 36, Level: LogLevel.Warning }));
        Assert.Contains(host.Log, line => line.Text.Contains("the UnionIDs differ", StringComparison.Ordinal));
        await host.Push.PushAsync(OpenId(person), _town.Message());
        Assert.Empty(_town.Account.MessagesTo(stranger));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stranger_is_known_by_the_UnionID_of_one_side(bool userHasUnionId)
    {
        await using var host = await StartAsync();
        SimulatedPerson person, stranger;
        if (userHasUnionId)
        {
            // The user follows already, and the account no longer tells UnionIDs of whoever comes later.
            person = await AddUserAsync(host);
            person.Follow(_town.Account);
            await SettleAsync(host);
            _town.Account.OpenPlatform = null;
            stranger = _town.Platform.AddPerson();
        }
        else
        {
            // The stranger uses the Mini Program too, which tells the UnionID of the user no more.
            stranger = await AddUserAsync(host);
            _town.MiniProgram.OpenPlatform = null;
            person = await AddUserAsync(host);
        }

        stranger.Scan(_town.Account, Code(await Links(host).CreateAsync(OpenId(person))));
        await SettleAsync(host);

        Assert.Equal(FollowLinkStatus.Refused, await StatusAsync(host, person));
        await PushAsync(host, person);
        Assert.Empty(_town.Account.MessagesTo(stranger));
    }

    [Fact]
    public async Task A_link_that_a_UnionID_refutes_later_is_not_used()
    {
        _town.MiniProgram.OpenPlatform = null;
        await using var host = await StartAsync();
        var (person, stranger) = (await AddUserAsync(host), _town.Platform.AddPerson());
        stranger.Scan(_town.Account, Code(await Links(host).CreateAsync(OpenId(person))));
        await SettleAsync(host);
        Assert.Equal(FollowLinkStatus.Linked, await StatusAsync(host, person));

        _town.MiniProgram.OpenPlatform = Town.OpenPlatform;
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        Assert.Equal(PushStatus.NotFollowing, (await PushAsync(host, person)).Status);
        Assert.Empty(_town.Account.MessagesTo(stranger));

        // Nor is the stranger erased with the user.
        await host.Push.EraseAsync(OpenId(person));
        Assert.Equal(FollowState.Following, await host.FollowStateAsync(stranger));
    }

    [Fact]
    public async Task A_user_and_a_follower_have_one_link_each_until_the_host_ends_it()
    {
        _town.MiniProgram.OpenPlatform = null;
        _town.Account.OpenPlatform = null;
        await using var host = await StartAsync();
        var (one, other) = (await AddUserAsync(host), await AddUserAsync(host));
        await LinkAsync(host, one, one);
        Assert.Equal(FollowLinkStatus.Linked, await StatusAsync(host, one));

        await LinkAsync(host, other, one);
        Assert.Equal(FollowLinkStatus.Refused, await StatusAsync(host, other));
        await LinkAsync(host, one, other);
        Assert.True((await PushAsync(host, one)).IsSent);
        Assert.Equal((1, 0), (_town.Account.MessagesTo(one).Count, _town.Account.MessagesTo(other).Count));

        await Links(host).UnlinkAsync(OpenId(one));
        Assert.Equal(FollowLinkStatus.None, await StatusAsync(host, one));
        Assert.False((await PushAsync(host, one)).IsSent);
        await LinkAsync(host, other, other);
        Assert.Equal(FollowLinkStatus.Linked, await StatusAsync(host, other));
    }

    [Fact]
    public async Task Codes_that_are_over_or_not_of_ours_link_nobody()
    {
        await using var host = await StartAsync(options => options.Lifetime = TimeSpan.FromMinutes(2));
        var person = await AddUserAsync(host);
        var link = await Links(host).CreateAsync(OpenId(person));
        _town.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(person.Scan(_town.Account, Code(link)));
        Assert.Equal(FollowLinkStatus.Expired, await StatusAsync(host, person));

        // As if the platform had let it pass all the same.
        _town.Time.Advance(TimeSpan.FromSeconds(1));
        person.Scan(_town.Account, Code(link).Scene);
        await SettleAsync(host);
        Assert.Equal(FollowLinkStatus.Expired, await StatusAsync(host, person));
        person.Scan(_town.Account, "unionpush-made-up");
        person.Scan(_town.Account, "shop-42");
        await SettleAsync(host);
        Assert.Equal(2, host.Log.Count(line => line.Id == 36));
        _town.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(FollowLinkStatus.None, await StatusAsync(host, person));
    }

    [Fact]
    public async Task An_event_that_is_handled_late_counts_by_the_time_of_the_scan()
    {
        _town.MiniProgram.OpenPlatform = null;
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        var link = await Links(host).CreateAsync(OpenId(person));
        var fault = _town.Platform.Faults.Add(SimulatedFault.Error(48001).On("/cgi-bin/user/info"));
        person.Scan(_town.Account, Code(link));
        await SettleAsync(host);
        Assert.False((await PushAsync(host, person)).IsSent);

        // Beyond the code's ten minutes.
        await host.Inbox.WaitUntilEmptyAsync(_town.Time, until: _town.Time.GetUtcNow() + TimeSpan.FromMinutes(11));
        _town.Platform.Faults.Clear();
        await host.Inbox.WaitUntilEmptyAsync(_town.Time);

        Assert.True(fault.Strikes > 0);
        Assert.True((await PushAsync(host, person)).IsSent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_is_erased_leaves_no_link_and_the_other_side_goes_with_them(bool byUser)
    {
        _town.MiniProgram.OpenPlatform = null;
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        await LinkAsync(host, person, person);
        var openId = person.OpenIdIn(_town.Account);

        var erased = byUser
            ? await host.Push.EraseAsync(OpenId(person))
            : await host.Push.EraseByUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform));

        Assert.Equal([Town.OfficialAccountAppId, Town.MiniProgramAppId], erased.Select(identity => identity.AppId).Order(StringComparer.Ordinal));
        Assert.Empty(await host.Repository.FindAsync(Town.OfficialAccountAppId, [openId]));
        Assert.Equal(FollowLinkStatus.None, await StatusAsync(host, person));
        Assert.Null(await _storage.Reach!.FindAsync(Town.MiniProgramAppId, ReachKeys.Linked(openId)));
        Assert.Equal(PushStatus.NotSignedIn, (await PushAsync(host, person)).Status);
    }

    [Fact]
    public async Task A_code_of_somebody_who_was_erased_links_nobody()
    {
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        var link = await Links(host).CreateAsync(OpenId(person));
        await host.Push.EraseAsync(OpenId(person));
        person.Scan(_town.Account, Code(link));
        await SettleAsync(host);
        Assert.Equal(FollowLinkStatus.None, await StatusAsync(host, person));
        Assert.Null(await _storage.Reach!.FindAsync(Town.MiniProgramAppId, ReachKeys.Link(OpenId(person))));
    }

    [Fact]
    public async Task What_the_platform_refuses_is_thrown()
    {
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        _town.Platform.Faults.Add(SimulatedFault.Error(48001).On(Create).Times(1));
        Assert.Equal(48001, (await Assert.ThrowsAsync<WeChatApiException>(() => Links(host).CreateAsync(OpenId(person)))).ErrorCode!.Value.Value);
        await LinkAsync(host, person, person);
        Assert.Equal(FollowLinkStatus.Linked, await StatusAsync(host, person));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task In_a_living_town_no_stranger_is_linked_and_everybody_who_scanned_their_own_code_is(int seed)
    {
        _town.MiniProgram.WithholdsUnionIdFrom = person => person.Index % 3 == 0;
        await using var here = await StartAsync(chaos: 0.3);
        await using var there = await StartAsync(connect: false);
        var random = new Random(seed);
        var people = new List<SimulatedPerson>();
        for (var i = 0; i < 12; i++)
        {
            people.Add(await AddUserAsync(here));
        }

        var codes = new Dictionary<SimulatedPerson, SimulatedQrCode>();
        for (var i = 0; i < 150; i++)
        {
            var person = people[random.Next(people.Count)];
            switch (random.Next(6))
            {
                case 0 or 1:
                    codes[person] = Code(await Links(random.Next(2) == 0 ? here : there).CreateAsync(OpenId(person)));
                    break;
                case 2 when codes.TryGetValue(person, out var code):
                    // Whose UnionID the Mini Program withholds can be told from strangers only by those who have one.
                    people[random.Next(people.Count)].Scan(_town.Account, code);
                    codes.Remove(person);
                    break;
                case 3 or 4 when codes.TryGetValue(person, out var code):
                    person.Scan(_town.Account, code);
                    person.Scan(_town.Account, code);
                    break;
                case 5:
                    person.Unfollow(_town.Account);
                    break;
            }

            // Far only at rest: a handler whose call is cut off would wait for a clock that nobody moves.
            if (random.Next(4) == 0)
            {
                await SettleAsync(here);
                await there.Inbox.WhenQuietAsync();
                _town.Time.Advance(TimeSpan.FromSeconds(random.Next(360)));
            }
            else
            {
                _town.Time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        await SettleAsync(here);
        foreach (var person in people)
        {
            await PushAsync(there, person);
            var messages = people.Sum(one => _town.Account.MessagesTo(one).Count);
            var result = await PushAsync(here, person);
            Assert.Equal(result.IsSent ? 1 : 0, people.Sum(one => _town.Account.MessagesTo(one).Count) - messages);
        }

        foreach (var person in people.Where(person => person.Index % 3 != 0))
        {
            var link = await _storage.Reach!.FindAsync(Town.MiniProgramAppId, ReachKeys.Link(OpenId(person)));
            Assert.True(link is null || link.Value == person.OpenIdIn(_town.Account), "a stranger is linked");
        }

        // From here on everybody scans their own code.
        foreach (var person in people)
        {
            await Links(here).UnlinkAsync(OpenId(person));
        }

        foreach (var person in people)
        {
            // The platform dates events to the second, by which they are known again.
            _town.Time.Advance(TimeSpan.FromSeconds(2));
            await LinkAsync(here, person, person);
            Assert.Equal(FollowLinkStatus.Linked, await StatusAsync(there, person));
            var before = _town.Account.MessagesTo(person).Count;
            Assert.True((await PushAsync(there, person)).IsSent);
            Assert.Equal(before + 1, _town.Account.MessagesTo(person).Count);
        }
    }

    [Theory]
    [InlineData(59)]
    [InlineData(3601)]
    public void A_lifetime_out_of_reason_is_refused(int seconds)
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Town.SetCredentials).AddFollowLinks(options => options.Lifetime = TimeSpan.FromSeconds(seconds)).UseSimulator(_town.Platform);
        using var provider = services.BuildServiceProvider();
        var failure = Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(provider.GetRequiredService<IFollowLinks>);
        Assert.Contains("FollowLinks:Lifetime", failure.Message, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private static IFollowLinks Links(CallbackHost host) => host.Services.GetRequiredService<IFollowLinks>();

    private string OpenId(SimulatedPerson person) => person.OpenIdIn(_town.MiniProgram);

    private ValueTask<FollowLinkStatus> StatusAsync(CallbackHost host, SimulatedPerson person) => Links(host).GetStatusAsync(OpenId(person));

    private Task<PushResult> PushAsync(CallbackHost host, SimulatedPerson person) => host.Push.PushAsync(OpenId(person), _town.Message());

    private SimulatedQrCode Code(FollowLink link) => _town.Account.QrCodes.Single(code => code.Url == link.Url);

    private async Task<SimulatedPerson> AddUserAsync(CallbackHost host)
    {
        var person = _town.Platform.AddPerson();
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        return person;
    }

    private async Task LinkAsync(CallbackHost host, SimulatedPerson user, SimulatedPerson scans)
    {
        Assert.True(scans.Scan(_town.Account, Code(await Links(host).CreateAsync(OpenId(user)))));
        await SettleAsync(host);
    }

    private Task SettleAsync(CallbackHost host) => LinkHost.SettleAsync(_town, host);

    private Task<CallbackHost> StartAsync(Action<FollowLinkOptions>? configure = null, bool connect = true, double chaos = 0) =>
        LinkHost.StartAsync(_town, _storage, builder => builder.AddFollowLinks(configure), connect, chaos);
}
