using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>What every storage must keep. A class for each of them derives from this one, which has all cases of all contracts.</summary>
public abstract class StoreConformance<TStores>(TStores stores)
    where TStores : IStores
{
    public static TheoryData<string> IdentityCases => [.. UnionIdRepositoryConformance.CaseNames];

    public static TheoryData<string> AccessTokenCases => [.. AccessTokenStoreConformance.CaseNames];

    public static TheoryData<string> FollowerSyncCases => [.. FollowerSyncStoreConformance.CaseNames];

    public static TheoryData<string> EventInboxCases => [.. WeChatEventInboxConformance.CaseNames];

    public static TheoryData<string> ReceiptCases => [.. MessageReceiptsConformance.CaseNames];

    public static TheoryData<string> BroadcastCases => [.. BroadcastJournalConformance.CaseNames];

    public static TheoryData<string> PaceCases => [.. SharedPaceConformance.CaseNames];

    public static TheoryData<string> ConsentCases => [.. ConsentLedgerConformance.CaseNames];

    public static TheoryData<string> ReachCases => [.. ReachJournalConformance.CaseNames];

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected TStores Stores => stores;

    /// <summary>How many random sequences of operations the store and the plain model answer alike.</summary>
    protected abstract int ModelRuns { get; }

    [Theory, MemberData(nameof(IdentityCases))]
    public async Task Identities_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await UnionIdRepositoryConformance.RunAsync(name, _ => new(data.Open().Identities), Cancelled);
    }

    [Theory, MemberData(nameof(AccessTokenCases))]
    public async Task Access_tokens_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await AccessTokenStoreConformance.RunAsync(name, (clock, _) => new(data.Open(clock).AccessTokens), Cancelled);
    }

    [Theory, MemberData(nameof(FollowerSyncCases))]
    public async Task Follower_syncs_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await FollowerSyncStoreConformance.RunAsync(name, (clock, _) => new(data.Open(clock).FollowerSyncs), Cancelled);
    }

    [Theory, MemberData(nameof(EventInboxCases))]
    public async Task Event_inboxes_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await WeChatEventInboxConformance.RunAsync(name, (clock, _) => new(data.Open(clock).EventInbox), Cancelled);
    }

    [Theory, MemberData(nameof(ReceiptCases))]
    public async Task Receipts_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await MessageReceiptsConformance.RunAsync(name, (clock, _) => new(data.Open(clock).Receipts), Cancelled);
    }

    [Theory, MemberData(nameof(BroadcastCases))]
    public async Task Broadcast_journals_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await BroadcastJournalConformance.RunAsync(name, (clock, _) => new(data.Open(clock).Broadcasts!), Cancelled);
    }

    [Theory, MemberData(nameof(PaceCases))]
    public async Task Paces_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await SharedPaceConformance.RunAsync(name, (clock, _) => new(data.Open(clock).Pace!), Cancelled);
    }

    [Theory, MemberData(nameof(ConsentCases))]
    public async Task Consent_ledgers_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await ConsentLedgerConformance.RunAsync(name, (clock, _) => new(data.Open(clock).Consents!), Cancelled);
    }

    [Theory, MemberData(nameof(ReachCases))]
    public async Task Reach_journals_conform(string name)
    {
        await using var data = await stores.CreateAsync();
        await ReachJournalConformance.RunAsync(name, (clock, _) => new(data.Open(clock).Reach!), Cancelled);
    }

    [Fact]
    public async Task Random_operations_give_the_models_answers()
    {
        await using var data = await stores.CreateAsync();
        RepositoryModel.Check(data.Open().Identities, ModelRuns);
    }

    [Fact]
    public async Task Tokens_and_walks_have_leases_of_their_own()
    {
        await using var data = await stores.CreateAsync();
        var storage = data.Open();
        Assert.NotNull(await storage.AccessTokens.TryLeaseAsync("wx", TimeSpan.FromMinutes(1), Cancelled));
        Assert.NotNull(await storage.FollowerSyncs.TryLeaseAsync("wx", TimeSpan.FromMinutes(1), Cancelled));
    }
}
