using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>What belongs to an account and not to a registration: its pace, its tokens, and how many calls were made.</summary>
public sealed class AccountTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Only_calls_that_keep_to_a_pace_have_a_queue()
    {
        var account = new Account(Town.OfficialAccountAppId, _time);
        Assert.Null(account.QueueOf(TemplateEndpoints.TemplateSend));
        account.LimitMessages(10, 64);
        Assert.NotNull(account.QueueOf(TemplateEndpoints.TemplateSend));
        Assert.Null(account.QueueOf(FollowerEndpoints.UserGet));
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(1, 10)]
    public void Of_two_limits_the_smaller_one_counts_whichever_comes_first(int first, int second)
    {
        var account = new Account(Town.OfficialAccountAppId, _time);
        account.LimitMessages(first, 64);
        account.LimitMessages(second, 64);
        var queue = account.QueueOf(TemplateEndpoints.TemplateSend)!;
        Assert.Equal(
            [true, false], Enumerable.Range(0, 2).Select(_ => queue.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, TimeSpan.FromMinutes(1), default).IsCompleted));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public async Task A_shared_pace_is_asked_where_there_is_a_limit(int perSecond)
    {
        var shared = Substitute.For<ISharedPace>();
        shared.TakeAsync(default!, default).ReturnsForAnyArgs(call => new ValueTask<PaceGrant>(new PaceGrant(1, _time.GetUtcNow(), TimeSpan.FromMilliseconds(100), UsedToday: 0)));
        var account = new Account(Town.OfficialAccountAppId, _time);
        account.LimitMessages(perSecond, 64, shared);

        // A slot is asked for in the background, and the clock is moved on meanwhile: no stalled thread may use up this wait.
        var entering = account.QueueOf(TemplateEndpoints.TemplateSend)!.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, TimeSpan.FromDays(365), default).AsTask();
        if (perSecond == 0)
        {
            Assert.True(entering.IsCompletedSuccessfully);
            Assert.Empty(shared.ReceivedCalls());
            return;
        }

        await Runs.UntilAsync(
            () =>
            {
                if (_time.PendingTimers > 0)
                {
                    _time.AdvanceToNextTimer();
                }

                return entering.IsCompleted;
            },
            "the call enters");
        await entering;
        await shared.Received().TakeAsync(Arg.Is<PaceRequest>(request => request.AppId == $"{Town.OfficialAccountAppId}:messages"), Arg.Any<CancellationToken>());
    }

    [Fact]
    public void Registrations_share_the_tokens_of_a_channel_when_they_have_the_same_secret()
    {
        var account = new Account(Town.OfficialAccountAppId, _time);
        var stable = Tokens("a", AccessTokenChannel.Stable, Secrets.OfficialAccount);
        Assert.Same(stable, Tokens("b", AccessTokenChannel.Stable, Secrets.OfficialAccount));
        Assert.NotSame(stable, Tokens("b", AccessTokenChannel.Classic, Secrets.OfficialAccount));
        var told = Assert.Throws<InvalidOperationException>(() => Tokens("c", AccessTokenChannel.Stable, Secrets.MiniProgram));
        Assert.Contains("'a' and 'c' give app id wx0123456789abcdef different secrets", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secrets.Marker, told.Message, StringComparison.Ordinal);

        AccessTokenCache Tokens(string registration, AccessTokenChannel channel, string secret) => account.TokensOf(
            registration, new AccessTokenOptions { Channel = channel }, () => secret, (_, _) => throw new InvalidOperationException(), new InMemoryAccessTokenStore(_time),
            NullLogger.Instance);
    }

    [Fact]
    public async Task Calls_that_went_out_are_counted_until_they_are_reported_and_counted_again_where_that_failed()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        Assert.True((await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
        var api = town.Services.Get<AccountApis>(null).OfficialAccount;
        Assert.Equal((1, 0), (api.CallsMade(TemplateEndpoints.TemplateSend), api.CallsMade(FollowerEndpoints.UserGet)));
        Assert.Equal((1, 0), (api.TakeCallsMade(TemplateEndpoints.TemplateSend), api.TakeCallsMade(FollowerEndpoints.UserGet)));
        Assert.Equal(0, api.CallsMade(TemplateEndpoints.TemplateSend));
        api.ReturnCallsMade(TemplateEndpoints.TemplateSend, 3);
        Assert.Equal(3, api.CallsMade(TemplateEndpoints.TemplateSend));
    }

    [Theory]
    [InlineData(AccessTokenChannel.Stable, "stable")]
    [InlineData(AccessTokenChannel.Classic, "classic")]
    public async Task A_token_call_is_counted_by_its_channel(AccessTokenChannel channel, string name)
    {
        // It is counted right behind the answer, on its thread; tests beside this one count on theirs.
        var (channels, answering) = (new ConcurrentQueue<object?>(), 0);
        using var meters = new MeterListener();
        meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: WeChatUnionPushDiagnostics.Name, Name: "wechat.token.requests" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == Volatile.Read(ref answering))
            {
                channels.Enqueue(tags[0].Value);
            }
        });
        meters.Start();
        var desk = new TokenDesk(_time);
        desk.Answer = (_, _, _) =>
        {
            Volatile.Write(ref answering, Environment.CurrentManagedThreadId);
            return Task.FromResult(desk.Token("1"));
        };
        var cache = new AccessTokenCache(
            Town.OfficialAccountAppId, new AccessTokenOptions { Channel = channel }, desk.RequestAsync, new InMemoryAccessTokenStore(_time), _time, NullLogger.Instance);
        await cache.GetAsync(default);
        Assert.Equal(name, channels.First());
    }
}
