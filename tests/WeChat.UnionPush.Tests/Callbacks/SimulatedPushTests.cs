using System.Collections.Concurrent;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>The simulated platform and the library know nothing of each other's encryption; here they meet.</summary>
public sealed class SimulatedPushTests
{
    [Theory]
    [InlineData(WeChatCallbackMode.Plain, false)]
    [InlineData(WeChatCallbackMode.Plain, true)]
    [InlineData(WeChatCallbackMode.Compatible, false)]
    [InlineData(WeChatCallbackMode.Compatible, true)]
    [InlineData(WeChatCallbackMode.Safe, false)]
    [InlineData(WeChatCallbackMode.Safe, true)]
    public async Task What_the_simulated_platform_pushes_is_read_in_every_mode_and_format(WeChatCallbackMode mode, bool json)
    {
        using var fixture = new PlatformFixture();
        var events = new ConcurrentQueue<IWeChatEvent>();
        var reader = PlatformPush.Reader(
            fixture.MiniProgram.AppId, new() { Token = PushInbox.Token, EncodingAesKey = mode == WeChatCallbackMode.Plain ? null : PushInbox.Key, Mode = mode }, fixture.Time);
        var callback = new SimulatedCallback(PushInbox.Token, (query, body, _) => Task.FromResult(Receive(reader, events, query, body)))
        {
            Mode = Enum.Parse<SimulatedCallbackMode>(mode.ToString()),
            EncodingAesKey = PushInbox.Key,
            UsesJson = json,
        };
        Assert.True(await fixture.Platform.Callbacks.VerifyAsync(callback));
        fixture.MiniProgram.Callback = callback;
        fixture.Platform.Callbacks.Concurrency = 1;
        var person = fixture.Platform.AddPerson();
        fixture.MiniProgram.PushEvent(person, "subscribe", ("EventKey", "qrscene_98765"), ("Ticket", "t"));
        fixture.MiniProgram.PushEvent(person, "unsubscribe", ("EventKey", ""));
        fixture.MiniProgram.PushEvent(person, "TEMPLATESENDJOBFINISH", ("MsgID", "3717005636572528642"), ("Status", "failed: system failed"));
        fixture.MiniProgram.PushEvent(person, "user_authorization_revoke", ("RevokeInfo", "301"));
        fixture.MiniProgram.PushEvent(person, "user_authorization_cancellation");
        fixture.MiniProgram.PushEvent(person, "user_info_modified");
        await fixture.Platform.Callbacks.SettleAsync();

        Assert.Equal(6, fixture.Platform.Callbacks.Delivered);
        Assert.Collection(
            events,
            item => Assert.IsType<SubscribeEvent>(item),
            item => Assert.IsType<UnsubscribeEvent>(item),
            item => Assert.Equal(3717005636572528642, Assert.IsType<TemplateSendJobFinishEvent>(item).MessageId),
            item => Assert.IsType<AuthorizationRevokedEvent>(item),
            item => Assert.IsType<AuthorizationCancelledEvent>(item),
            item => Assert.IsType<UserInfoModifiedEvent>(item));
        Assert.All(events, item => Assert.Equal(person.OpenIdIn(fixture.MiniProgram), item.Callback.OpenId));
    }

    private static (int Status, string Body) Receive(CallbackReader reader, ConcurrentQueue<IWeChatEvent> events, string text, ReadOnlyMemory<byte> body)
    {
        var query = PlatformPush.QueryOf(text);
        if (body.IsEmpty)
        {
            return reader.TryReadEcho(query, out var echo) ? (200, echo) : (403, "");
        }

        if (!reader.TryRead(query, body.ToArray(), out var read, out _))
        {
            return (403, "");
        }

        events.Enqueue(read);
        return (200, "success");
    }
}
