namespace WeChat.UnionPush.Tests.Stores;

public sealed class InMemoryStoreTests() : StoreConformance<InMemoryStores>(new InMemoryStores())
{
    protected override int ModelRuns => 1_000;

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
