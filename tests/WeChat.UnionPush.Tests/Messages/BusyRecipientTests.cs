using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>43108: several messages under way to one person.</summary>
public sealed class BusyRecipientTests
{
    private const string Send = "/cgi-bin/message/template/send";

    private readonly ManualTimeProvider _clock = new(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
    private readonly DelayWatch _watch;

    public BusyRecipientTests() => _watch = new DelayWatch(_clock);

    [Fact]
    public async Task Messages_to_one_person_take_turns_once_the_platform_says_so_and_each_arrives_once()
    {
        await using var town = new Town(time: _watch);
        var (crowded, other) = (town.Platform.AddPerson(), town.Platform.AddPerson());
        crowded.Follow(town.Account);
        other.Follow(town.Account);
        town.Account.BusyAfterMessage = TimeSpan.FromMilliseconds(700);
        town.Platform.SetLatency(Send, TimeSpan.FromMilliseconds(50));
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();

        var sends = Enumerable.Range(0, 6).Select(i => sender.SendAsync(crowded.OpenIdIn(town.Account), town.Message($"{i}"))).ToList();
        sends.Add(sender.SendAsync(other.OpenIdIn(town.Account), town.Message("other")));
        await _watch.RunAsync(Task.WhenAll(sends));

        Assert.All(sends, send => Assert.Equal(PushStatus.Sent, send.Result.Status));
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"{i}"), town.Account.MessagesTo(crowded).Select(message => message.Values["thing1"]).Order(StringComparer.Ordinal));
        Assert.Single(town.Account.MessagesTo(other));

        // A repeat carries the id of the first attempt.
        var ids = town.Platform.Calls.Recent(Send).Select(call => JsonDocument.Parse(call.Body).RootElement)
            .GroupBy(body => body.GetProperty("data").GetProperty("thing1").GetProperty("value").GetString());
        Assert.All(ids, attempts => Assert.Single(attempts.Select(body => body.GetProperty("client_msg_id").GetString()).Distinct()));
    }

    [Fact]
    public async Task Somebody_who_stays_busy_is_given_up_after_the_call_s_time()
    {
        await using var town = new Town(time: _watch, configure: options => options.Http.TotalTimeout = TimeSpan.FromSeconds(20));
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        town.Account.BusyAfterMessage = TimeSpan.FromDays(1);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        Assert.True((await sender.SendAsync(person.OpenIdIn(town.Account), town.Message())).IsSent);
        var began = _clock.GetUtcNow();

        var send = sender.SendAsync(person.OpenIdIn(town.Account), town.Message("b"));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => _watch.RunAsync(send));

        Assert.Equal((43108, WeChatErrorClass.Transient), (failure.ErrorCode!.Value.Value, failure.ErrorClass));
        Assert.InRange(_clock.GetUtcNow() - began, TimeSpan.FromSeconds(19), TimeSpan.FromSeconds(25));
        Assert.InRange(town.Platform.Calls.Count(Send), 4, 20);
        Assert.Single(town.Account.MessagesTo(person));
    }

    [Fact]
    public async Task A_host_without_retries_gets_the_answer_at_once()
    {
        await using var town = new Town(time: _watch, configure: options => options.Http.MaxRetries = 0);
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        town.Account.BusyAfterMessage = TimeSpan.FromSeconds(1);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        Assert.True((await sender.SendAsync(person.OpenIdIn(town.Account), town.Message())).IsSent);

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => sender.SendAsync(person.OpenIdIn(town.Account), town.Message("b")));
        Assert.Equal(43108, failure.ErrorCode!.Value.Value);
        Assert.Equal(2, town.Platform.Calls.Count(Send));
    }

    [Fact]
    public async Task Who_cancels_while_waiting_for_a_turn_leaves_the_others_theirs()
    {
        await using var town = new Town(time: _watch);
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        town.Account.BusyAfterMessage = TimeSpan.FromMilliseconds(500);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        Assert.True((await sender.SendAsync(person.OpenIdIn(town.Account), town.Message())).IsSent);
        using var cancellation = new CancellationTokenSource();

        var waiting = sender.SendAsync(person.OpenIdIn(town.Account), town.Message("b"), cancellation.Token);
        await Runs.UntilAsync(() => town.Platform.Calls.Count(Send) == 2, "the second message was refused");
        var next = sender.SendAsync(person.OpenIdIn(town.Account), town.Message("c"));
        await cancellation.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True((await _watch.RunAsync(next)).IsSent);

        Assert.Equal(cancellation.Token, cancelled.CancellationToken);
    }

    [Fact]
    public async Task The_result_of_a_refusal_carries_the_rid_and_the_page_that_diagnoses_it()
    {
        await using var town = new Town(time: _watch);
        var person = town.Platform.AddPerson();

        var result = await town.Services.GetRequiredService<ITemplateMessageSender>().SendAsync(person.OpenIdIn(town.Account), town.Message());

        Assert.Equal(PushStatus.NotFollowing, result.Status);
        Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", result.Rid);
        Assert.Equal(2, result.Reason!.Split("https://developers.weixin.qq.com/console/devtools/debug?tab=errorDiag").Length);
        Assert.Null(new PushResult(PushStatus.Sent).Rid);
    }
}
