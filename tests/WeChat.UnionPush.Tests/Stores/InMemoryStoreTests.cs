using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Stores;

public sealed class InMemoryStoreTests
{
    public static TheoryData<string> IdentityCases => [.. UnionIdRepositoryConformance.CaseNames];

    public static TheoryData<string> AccessTokenCases => [.. AccessTokenStoreConformance.CaseNames];

    public static TheoryData<string> FollowerSyncCases => [.. FollowerSyncStoreConformance.CaseNames];

    public static TheoryData<string> EventInboxCases => [.. WeChatEventInboxConformance.CaseNames];

    public static TheoryData<string> ReceiptCases => [.. MessageReceiptsConformance.CaseNames];

    [Theory, MemberData(nameof(IdentityCases))]
    public Task Identities_conform(string name)
    {
        var store = new InMemoryUnionIdRepository();
        return UnionIdRepositoryConformance.RunAsync(name, _ => new(store), TestContext.Current.CancellationToken);
    }

    [Theory, MemberData(nameof(AccessTokenCases))]
    public Task Access_tokens_conform(string name)
    {
        InMemoryAccessTokenStore? store = null;
        return AccessTokenStoreConformance.RunAsync(name, (clock, _) => new(store ??= new(clock)), TestContext.Current.CancellationToken);
    }

    [Theory, MemberData(nameof(FollowerSyncCases))]
    public Task Follower_syncs_conform(string name)
    {
        InMemoryFollowerSyncStore? store = null;
        return FollowerSyncStoreConformance.RunAsync(name, (clock, _) => new(store ??= new(clock)), TestContext.Current.CancellationToken);
    }

    [Theory, MemberData(nameof(EventInboxCases))]
    public Task Event_inboxes_conform(string name)
    {
        InMemoryWeChatEventInbox? inbox = null;
        return WeChatEventInboxConformance.RunAsync(name, (clock, _) => new(inbox ??= new(clock)), TestContext.Current.CancellationToken);
    }

    [Theory, MemberData(nameof(ReceiptCases))]
    public Task Receipts_conform(string name)
    {
        InMemoryMessageReceipts? store = null;
        return MessageReceiptsConformance.RunAsync(name, (clock, _) => new(store ??= new(clock)), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Random_operations_give_the_models_answers() => RepositoryModel.Check(new InMemoryUnionIdRepository(), runs: 1_000);

    [Fact]
    public async Task Looking_up_one_openid_completes_at_once()
    {
        var store = new InMemoryUnionIdRepository();
        await store.SaveAsync([new("wxm", "m1") { UnionId = "u1" }, new("wxo", "o1") { UnionId = "u1" }], TestContext.Current.CancellationToken);
        var resolving = store.ResolveAsync("wxm", ["m1"], "wxo", TestContext.Current.CancellationToken);
        Assert.True(resolving.IsCompletedSuccessfully);
        Assert.Equal("o1", Assert.Single(await resolving).Target?.OpenId);
    }
}
