using System.Net;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>What follows, unfollows, refusals and withdrawn consents do to the repository.</summary>
public sealed class FollowerEventTests : IAsyncDisposable
{
    private readonly Town _town = new();

    [Theory]
    [InlineData("")]
    [InlineData("<EventKey><![CDATA[qrscene_spring]]></EventKey><Ticket><![CDATA[gQH]]></Ticket>")]
    public async Task Who_follows_can_be_reached_at_once(string fields)
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = _town.Platform.AddPerson();
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        Assert.Equal(PushStatus.NotFollowing, await PushAsync(host, person));

        person.Follow(_town.Account);
        await host.DeliverAsync(host.Event(person, "subscribe", fields));

        Assert.Equal(PushStatus.Sent, await PushAsync(host, person));
        Assert.Equal(0, _town.Platform.Calls.Count("/cgi-bin/user/get"));
    }

    [Fact]
    public async Task Who_leaves_gets_no_send_any_more_and_on_return_does_again()
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = await FollowAsync(host);

        person.Unfollow(_town.Account);
        await host.DeliverAsync(host.Event(person, "unsubscribe", "<EventKey><![CDATA[]]></EventKey>"));
        var sends = _town.Platform.Calls.Count("/cgi-bin/message/template/send");

        Assert.Equal(PushStatus.NotFollowing, await PushAsync(host, person));
        Assert.Equal(sends, _town.Platform.Calls.Count("/cgi-bin/message/template/send"));

        _town.Time.Advance(TimeSpan.FromMinutes(1));
        person.Follow(_town.Account);
        await host.DeliverAsync(host.Event(person, "subscribe"));
        Assert.Equal(PushStatus.Sent, await PushAsync(host, person));
    }

    [Fact]
    public async Task Who_leaves_is_erased_on_both_sides_where_the_host_asks_for_it()
    {
        await using var host = await CallbackHost.StartAsync(_town, options => options.OnUnsubscribe = UnsubscribeAction.Erase, builder => builder.AddReceipts());
        var person = await FollowAsync(host);
        var sent = await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message());

        person.Unfollow(_town.Account);
        await host.DeliverAsync(host.Event(person, "unsubscribe"));

        Assert.Null(await host.FollowStateAsync(person));
        Assert.Empty(await host.Repository.FindAsync(Town.MiniProgramAppId, [person.OpenIdIn(_town.MiniProgram)]));
        var receipt = Assert.Single(await host.Receipts.FindAsync(Town.OfficialAccountAppId, [sent.MessageId!.Value]));
        Assert.Equal("", receipt.OpenId);

        // The event of a message sent before comes after, and does not bring the person back.
        await host.DeliverAsync(CallbackHost.Finished(_town, person, sent.MessageId.Value, "success"));
        receipt = Assert.Single(await host.Receipts.FindAsync(Town.OfficialAccountAppId, [sent.MessageId.Value]));
        Assert.Equal(("", TemplateDeliveryStatus.Delivered), (receipt.OpenId, receipt.Status));
    }

    [Fact]
    public async Task A_late_unfollow_does_not_hurt_who_has_come_back()
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = await FollowAsync(host);
        _town.Time.Advance(TimeSpan.FromSeconds(3));
        person.Unfollow(_town.Account);
        var late = host.Event(person, "unsubscribe");
        _town.Time.Advance(TimeSpan.FromSeconds(3));
        person.Follow(_town.Account);
        await host.DeliverAsync(host.Event(person, "subscribe"));

        await host.DeliverAsync(late);

        Assert.Equal(FollowState.Following, await host.FollowStateAsync(person));
    }

    [Fact]
    public async Task A_late_follow_does_not_bring_back_who_has_left()
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        var late = host.Event(person, "subscribe");
        await host.Push.SyncFollowersAsync();
        _town.Time.Advance(TimeSpan.FromSeconds(3));
        person.Unfollow(_town.Account);
        await host.DeliverAsync(host.Event(person, "unsubscribe"));

        await host.DeliverAsync(late);

        Assert.Equal(FollowState.NotFollowing, await host.FollowStateAsync(person));
    }

    [Fact]
    public async Task An_answer_older_than_the_unfollow_is_not_believed()
    {
        // The platform's own halves need not agree at the same moment: the event is here, user/info does not know it yet.
        await using var host = await CallbackHost.StartAsync(_town);
        var person = await FollowAsync(host);
        _town.Time.Advance(TimeSpan.FromSeconds(3));

        await host.DeliverAsync(host.Event(person, "unsubscribe"));

        Assert.Equal(FollowState.NotFollowing, await host.FollowStateAsync(person));
    }

    [Fact]
    public async Task Of_somebody_who_came_and_left_unseen_nothing_is_kept()
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = _town.Platform.AddPerson();

        await host.DeliverAsync(host.Event(person, "unsubscribe"));

        Assert.Null(await host.FollowStateAsync(person));
    }

    [Fact]
    public async Task An_openid_that_the_platform_no_longer_knows_has_left()
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = await FollowAsync(host);
        const string gone = "oGoneGoneGoneGoneGoneGone000";
        await host.Repository.SaveAsync([new WeChatIdentity(Town.OfficialAccountAppId, gone) { FollowState = FollowState.Following, ObservedAt = _town.Time.GetUtcNow() }]);

        await host.DeliverAsync(host.Event(person, "unsubscribe").Replace(person.OpenIdIn(_town.Account), gone, StringComparison.Ordinal));

        Assert.Equal(FollowState.NotFollowing, (await host.Repository.FindAsync(Town.OfficialAccountAppId, [gone])).Single().FollowState);
        Assert.Equal(FollowState.Following, await host.FollowStateAsync(person));
    }

    [Fact]
    public async Task Who_blocks_is_refused_without_a_call_until_the_person_returns()
    {
        _town.Account.RefusedMessages = SimulatedRefusal.ByEvent;
        await using var host = await CallbackHost.StartAsync(_town);
        var person = await FollowAsync(host);
        person.RefuseMessages(_town.Account);
        _town.Time.Advance(TimeSpan.FromSeconds(3));
        var sent = await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message());
        Assert.True(sent.IsSent);

        await host.DeliverAsync(CallbackHost.Finished(_town, person, sent.MessageId!.Value, "failed:user block"));
        var sends = _town.Platform.Calls.Count("/cgi-bin/message/template/send");
        Assert.Equal(PushStatus.Refused, await PushAsync(host, person));
        Assert.Equal(sends, _town.Platform.Calls.Count("/cgi-bin/message/template/send"));

        _town.Time.Advance(TimeSpan.FromSeconds(3));
        person.Unfollow(_town.Account);
        person.Follow(_town.Account);
        await host.DeliverAsync(host.Event(person, "subscribe"));
        Assert.Equal(PushStatus.Sent, await PushAsync(host, person));

        // The refusal of a message from before, told late.
        await host.DeliverAsync(CallbackHost.Finished(_town, person, 42, "failed:user block").Replace(
            $"<CreateTime>{_town.Time.GetUtcNow().ToUnixTimeSeconds()}", $"<CreateTime>{_town.Time.GetUtcNow().ToUnixTimeSeconds() - 3}", StringComparison.Ordinal));
        Assert.Equal(PushStatus.Sent, await PushAsync(host, person));
    }

    [Fact]
    public async Task A_late_follow_does_not_undo_a_refusal_after_it()
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        var late = host.Event(person, "subscribe");
        _town.Time.Advance(TimeSpan.FromSeconds(3));
        await host.Push.SyncFollowersAsync();
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        person.RefuseMessages(_town.Account);
        Assert.Equal(PushStatus.Refused, await PushAsync(host, person));
        _town.Time.Advance(TimeSpan.FromSeconds(3));

        await host.DeliverAsync(late);

        Assert.Equal(FollowState.Refusing, await host.FollowStateAsync(person));
    }

    [Theory]
    [InlineData("user_authorization_revoke")]
    [InlineData("user_authorization_cancellation")]
    public async Task Who_takes_back_the_consent_is_erased_on_both_sides(string name)
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = await FollowAsync(host);
        var other = await FollowAsync(host);
        var about = $"<OpenID><![CDATA[{person.OpenIdIn(_town.MiniProgram)}]]></OpenID><AppID><![CDATA[{Town.MiniProgramAppId}]]></AppID><RevokeInfo>1</RevokeInfo>";

        var settled = host.Inbox.Settled;
        Assert.Equal(HttpStatusCode.OK, await host.PostForMiniProgramAsync(host.Event(person, name, about)));
        await host.Inbox.WaitForSettledAsync(settled + 1);

        Assert.Null(await host.FollowStateAsync(person));
        Assert.Equal(PushStatus.NotSignedIn, await PushAsync(host, person));
        Assert.Equal(PushStatus.Sent, await PushAsync(host, other));
    }

    [Fact]
    public async Task Changed_details_are_asked_for_again()
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = await FollowAsync(host);
        var asked = (await host.Repository.FindAsync(Town.OfficialAccountAppId, [person.OpenIdIn(_town.Account)])).Single().DetailsAt;
        _town.Time.Advance(TimeSpan.FromHours(1));

        await host.DeliverAsync(host.Event(person, "user_info_modified", $"<OpenID>{person.OpenIdIn(_town.Account)}</OpenID><AppID>{Town.OfficialAccountAppId}</AppID>"));

        var identity = (await host.Repository.FindAsync(Town.OfficialAccountAppId, [person.OpenIdIn(_town.Account)])).Single();
        Assert.Equal(asked + TimeSpan.FromHours(1), identity.DetailsAt);
        Assert.Equal(FollowState.Following, identity.FollowState);
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private async Task<SimulatedPerson> FollowAsync(CallbackHost host)
    {
        var person = _town.Platform.AddPerson();
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        person.Follow(_town.Account);
        await host.DeliverAsync(host.Event(person, "subscribe"));
        return person;
    }

    private async Task<PushStatus> PushAsync(CallbackHost host, SimulatedPerson person) =>
        (await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message())).Status;
}
