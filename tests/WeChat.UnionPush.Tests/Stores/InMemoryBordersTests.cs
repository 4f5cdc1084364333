using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>What the stores in memory and the records they keep do where callers have gone away, and at the borders of texts and times.</summary>
public sealed class InMemoryBordersTests
{
    private const string App = "wx1";
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, Func<InMemoryUnionPushStorage, CancellationToken, Task>> Calls = new(StringComparer.Ordinal)
    {
        ["identities are saved"] = (storage, gone) => storage.Identities.SaveAsync([new(App, "o1")], gone).AsTask(),
        ["identities are saved with a count"] = (storage, gone) => storage.Identities.SaveAsync([new(App, "o1")], 0, gone).AsTask(),
        ["erasures are counted"] = (storage, gone) => storage.Identities.CountErasuresAsync(gone).AsTask(),
        ["identities are found"] = (storage, gone) => storage.Identities.FindAsync(App, ["o1"], gone).AsTask(),
        ["identities are resolved"] = (storage, gone) => storage.Identities.ResolveAsync(App, ["o1"], "wx2", gone).AsTask(),
        ["identities are found by UnionID"] = (storage, gone) => storage.Identities.FindByUnionIdAsync(App, ["u1"], gone).AsTask(),
        ["outdated ones are found"] = (storage, gone) => storage.Identities.FindOutdatedAsync(App, ["o1"], Noon, Noon, gone).AsTask(),
        ["followers are counted"] = (storage, gone) => storage.Identities.CountFollowersAsync(App, Noon, gone).AsTask(),
        ["a walk is closed"] = (storage, gone) => storage.Identities.CloseWalkAsync(App, Noon, gone).AsTask(),
        ["coverage is counted"] = (storage, gone) => storage.Identities.GetCoverageAsync("wx2", App, gone).AsTask(),
        ["somebody is erased"] = (storage, gone) => storage.Identities.EraseAsync(App, "o1", gone).AsTask(),
        ["somebody is erased by UnionID"] = (storage, gone) => storage.Identities.EraseByUnionIdAsync("u1", gone).AsTask(),
        ["erasures expire"] = (storage, gone) => storage.Identities.ExpireErasuresAsync(Noon, 1, gone).AsTask(),
        ["identities are listed"] = async (storage, gone) => await storage.Identities.ListAsync(App, cancellationToken: gone).CountAsync(TestContext.Current.CancellationToken),
        ["a sync is read"] = (storage, gone) => storage.FollowerSyncs.GetAsync(App, gone).AsTask(),
        ["syncs are listed"] = (storage, gone) => storage.FollowerSyncs.ListAsync(gone).AsTask(),
        ["a sync is leased"] = (storage, gone) => storage.FollowerSyncs.TryLeaseAsync(App, Minute, gone).AsTask(),
        ["a token is read"] = (storage, gone) => storage.AccessTokens.GetAsync(App, gone).AsTask(),
        ["a token is saved"] = (storage, gone) => storage.AccessTokens.SetAsync(App, new StoredAccessToken(), gone).AsTask(),
        ["a token is leased"] = (storage, gone) => storage.AccessTokens.TryLeaseAsync(App, Minute, gone).AsTask(),
        ["consent is read"] = (storage, gone) => storage.Consents.GetAsync(new ConsentKey(App, "o1", "t1"), gone).AsTask(),
        ["consents are counted"] = (storage, gone) => storage.Consents.CountAsync(App, "t1", gone).AsTask(),
        ["consents are listed"] = (storage, gone) => storage.Consents.ListAsync(App, "t1", null, 1, gone).AsTask(),
        ["consents are forgotten"] = (storage, gone) => storage.Consents.ForgetAsync(App, ["o1"], gone).AsTask(),
        ["receipts are saved"] = (storage, gone) => storage.Receipts.SaveAsync([new(App, 1)], gone).AsTask(),
        ["receipts are found"] = (storage, gone) => storage.Receipts.FindAsync(App, [1], gone).AsTask(),
        ["receipts are found by the host's name"] = (storage, gone) => storage.Receipts.FindByCorrelationIdAsync(App, ["c1"], gone).AsTask(),
        ["receipts are listed"] = (storage, gone) => storage.Receipts.ListAsync(App, new MessageReceiptQuery(), gone).AsTask(),
        ["recipients are forgotten"] = (storage, gone) => storage.Receipts.ForgetRecipientsAsync(App, ["o1"], gone).AsTask(),
        ["receipts expire"] = (storage, gone) => storage.Receipts.ExpireAsync(Noon, 1, gone).AsTask(),
        ["a note is found"] = (storage, gone) => storage.Reach.FindAsync(App, "k1", gone).AsTask(),
        ["notes are found"] = (storage, gone) => storage.Reach.FindAsync(App, ["k1"], gone).AsTask(),
        ["a note is written"] = (storage, gone) => storage.Reach.TryWriteAsync(App, "k1", null, "v", Noon, gone).AsTask(),
        ["notes are listed"] = (storage, gone) => storage.Reach.ListAsync(App, "k", null, 1, gone).AsTask(),
        ["notes are deleted"] = (storage, gone) => storage.Reach.DeleteAsync(App, ["k1"], gone).AsTask(),
        ["notes expire"] = (storage, gone) => storage.Reach.ExpireAsync(Noon, 1, gone).AsTask(),
        ["slots are taken"] = (storage, gone) => storage.Pace!.TakeAsync(new PaceRequest(App) { PerSecond = 1, Count = 1 }, gone).AsTask(),
        ["a broadcast is added"] = (storage, gone) => storage.Broadcasts!.TryAddAsync(new BroadcastRecord(App, "b1") { Id = "1" }, gone).AsTask(),
        ["a broadcast is changed"] = (storage, gone) => storage.Broadcasts!.TryUpdateAsync(new BroadcastRecord(App, "b1") { Id = "1" }, gone).AsTask(),
        ["a broadcast is found"] = (storage, gone) => storage.Broadcasts!.FindAsync(App, "b1", gone).AsTask(),
        ["broadcasts are listed"] = (storage, gone) => storage.Broadcasts!.ListAsync(App, onlyRunning: false, gone).AsTask(),
        ["a broadcast is leased"] = (storage, gone) => storage.Broadcasts!.TryLeaseAsync(App, "b1", Minute, gone).AsTask(),
        ["batches are added"] = (storage, gone) => storage.Broadcasts!.AddBatchesAsync([new BroadcastBatch("1", 0)], gone).AsTask(),
        ["a batch is claimed"] = (storage, gone) => storage.Broadcasts!.TryClaimAsync("1", Minute, gone).AsTask(),
        ["a batch is saved"] = (storage, gone) => storage.Broadcasts!.SaveAsync(new BroadcastBatch("1", 0), release: true, gone).AsTask(),
        ["a batch is opened again"] = (storage, gone) => storage.Broadcasts!.TryReopenAsync(new BroadcastBatch("1", 0), gone).AsTask(),
        ["a broadcast is counted"] = (storage, gone) => storage.Broadcasts!.CountAsync("1", Noon, gone).AsTask(),
        ["batches are listed"] = async (storage, gone) =>
        {
            await storage.Broadcasts!.AddBatchesAsync([new BroadcastBatch("1", 0)], TestContext.Current.CancellationToken);
            await storage.Broadcasts.ListBatchesAsync("1", gone).CountAsync(TestContext.Current.CancellationToken);
        },
        ["batches are deleted"] = (storage, gone) => storage.Broadcasts!.DeleteBatchesAsync("1", gone).AsTask(),
        ["recipients of broadcasts are forgotten"] = (storage, gone) => storage.Broadcasts!.ForgetRecipientsAsync(App, ["o1"], gone).AsTask(),
        ["events are taken"] = (storage, gone) => storage.EventInbox.TakeAsync([App], 1, Minute, gone).AsTask(),
        ["buried events are listed"] = (storage, gone) => storage.EventInbox.ListBuriedAsync(App, 1, null, gone).AsTask(),
        ["events are queued again"] = (storage, gone) => storage.EventInbox.RequeueAsync(App, ["k1"], gone).AsTask(),
        ["events expire"] = (storage, gone) => storage.EventInbox.ExpireAsync(Noon, 1, gone).AsTask(),
        ["the schema is made"] = (storage, gone) => storage.EnsureSchemaAsync(gone).AsTask(),
    };

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task Who_has_gone_away_is_not_served(string call)
    {
        var storage = new InMemoryUnionPushStorage(new ManualTimeProvider(Noon));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Calls[call](storage, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_receipt_keeps_two_hundred_printable_characters_of_what_the_platform_said()
    {
        string?[] told = [null, "", new string('a', 200), new string('a', 201), "a\n\u0007b", new string('a', 199) + "😀"];
        Assert.Equal(
            [null, "", new string('a', 200), new string('a', 200), "ab", new string('a', 199)], told.Select(text => new MessageReceipt(App, 1) { StatusText = text }.StatusText));
        Assert.Equal($"{new string('a', 198)}😀", new MessageReceipt(App, 1) { StatusText = $"{new string('a', 198)}😀b" }.StatusText);
        Assert.Equal(new string('a', 200), new MessageReceipt(App, 1) { StatusText = $"\n{new string('a', 201)}" }.StatusText);
    }

    [Fact]
    public void The_recipient_of_a_receipt_is_one_that_can_be_kept_none_or_forgotten()
    {
        Assert.Equal([null, "", "o1"], new[] { null, "", "o1" }.Select(openId => new MessageReceipt(App, 1) { OpenId = openId }.OpenId));
        Assert.Throws<ArgumentException>(() => new MessageReceipt(App, 1) { OpenId = new string('o', 129) });
        var sent = new MessageReceipt(App, 1) { OpenId = "o1", SentAt = Noon };
        Assert.Equal("o1", new MessageReceipt(App, 1).MergedWith(sent).OpenId);
        Assert.Equal("o1", sent.MergedWith(new MessageReceipt(App, 1) { OpenId = "o2" }).OpenId);
        Assert.Equal("wx1/1 (no outcome yet)", sent.ToString());
        Assert.Equal("wx1/1 (Delivered)", (sent with { Status = TemplateDeliveryStatus.Delivered }).ToString());
    }

    [Fact]
    public void A_query_asks_for_one_receipt_at_least()
    {
        Assert.Equal(1, new MessageReceiptQuery { Limit = 1 }.Limit);
        Assert.Throws<ArgumentOutOfRangeException>(() => new MessageReceiptQuery { Limit = 0 });
    }

    [Fact]
    public void An_id_has_1_to_128_characters_that_every_store_keeps()
    {
        Assert.True(PlatformId.Fits("a") && PlatformId.Fits(new string('a', 128)) && PlatformId.Fits("😀") && PlatformId.Fits("a😀b😀"));
        Assert.False(PlatformId.Fits("") || PlatformId.Fits(new string('a', 129)) || PlatformId.Fits("\0") || PlatformId.Fits("a\ud83d") || PlatformId.Fits("\ude00a"));
        var told = Assert.Throws<ArgumentException>(() => PlatformId.Checked(new string('a', 129), "id"));
        Assert.Equal("id has 129 characters; at most 128 are kept. (Parameter 'id')", told.Message);
        Assert.Equal(128, PlatformId.Checked(new string('a', 128), "id").Length);
        Assert.Contains("half a surrogate pair", Assert.Throws<ArgumentException>(() => PlatformId.Checked("\ud83d", "id")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wx2", "o1")]
    [InlineData("wx1", "o2")]
    [InlineData("wx2", "o2")]
    public void An_observation_of_somebody_else_is_not_merged(string appId, string openId) =>
        Assert.Throws<ArgumentException>(() => new WeChatIdentity(App, "o1").MergedWith(new WeChatIdentity(appId, openId)));

    [Fact]
    public void A_day_of_the_pace_does_not_come_back_when_a_clock_goes_back()
    {
        var request = new PaceRequest(App) { PerSecond = 10, Count = 1, DailyLimit = 100 };
        var (today, _) = PaceState.None.Apply(request, Noon);
        var (back, grant) = today.Apply(request, Noon.AddDays(-1));
        Assert.Equal((today.Day, 2L, 2L), (back.Day, back.Used, grant.UsedToday));
        var (next, fresh) = back.Apply(request, Noon.AddDays(1));
        Assert.Equal((today.Day.AddDays(1), 1L), (next.Day, fresh.UsedToday));
    }

    [Fact]
    public async Task An_inbox_forgets_what_is_settled_for_what_comes_and_takes_no_more_than_it_has_room_for()
    {
        // Two bytes a character, and what an event takes beside its body.
        const int Overhead = 512;
        var inbox = new InMemoryWeChatEventInbox(new ManualTimeProvider(Noon), capacity: (2 * Overhead) + 60);
        Assert.True(await inbox.TryAddAsync([Event("k1", 10)]));
        Assert.True(await inbox.TryAddAsync([Event("k2", 20)]));
        Assert.False(await inbox.TryAddAsync([Event("k3", 1)]));
        await inbox.CompleteAsync(await inbox.TakeAsync([App], 10, Minute));
        Assert.True(await inbox.TryAddAsync([Event("k4", 30)]));
        Assert.False(await inbox.TryAddAsync([Event("k5", 1)]));

        static WeChatCallback Event(string key, int length) => new()
        {
            AppId = App,
            ToUserName = "gh_1",
            OpenId = key,
            CreatedAt = Noon,
            MessageType = "text",
            EventName = null,
            DeduplicationKey = key,
            Body = new string('a', length),
            Format = WeChatCallbackFormat.Xml,
        };
    }
}
