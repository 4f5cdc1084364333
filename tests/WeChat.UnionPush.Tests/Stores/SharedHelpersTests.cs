namespace WeChat.UnionPush.Tests.Stores;

/// <summary>What all stores do with what callers bring, before the store itself is asked.</summary>
public sealed class SharedHelpersTests
{
    [Fact]
    public void Texts_keep_the_order_of_their_first_occurrences()
    {
        var distinct = Distinct();
        Assert.Empty(distinct([]));
        Assert.Equal(["a"], distinct(["a"]));
        Assert.Equal(["b", "a", "B"], distinct(["b", "a", "b", "B", "a"]));
        Assert.Equal(["c", "a"], distinct(["c", "a"]));
    }

    [Theory]
    [InlineData(20_000, true)]
    [InlineData(20_001, false)]
    public void The_set_of_a_page_is_used_again_and_a_larger_one_is_not_kept(int count, bool isKept)
    {
        string[] texts = [.. Enumerable.Range(0, count).Select(number => $"o{number}")];
        var distinct = Distinct();
        var first = Allocated();
        var second = Allocated();

        // The result itself takes eight bytes for each, the set twenty and more.
        Assert.Equal(isKept, second < first / 2);

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal(count, distinct(texts).Length);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_null_among_observations_is_named_by_its_place(int place)
    {
        WeChatIdentity[] batch = [new("wx1", "o1"), new("wx1", "o2"), new("wx1", "o3")];
        var check = Core("IdentityBatch").GetMethod("Checked")!.CreateDelegate<Func<IReadOnlyCollection<WeChatIdentity>, WeChatIdentity[]>>();
        Assert.Equal(batch, check(batch));
        batch[place] = null!;
        var told = Assert.Throws<ArgumentException>(() => check(batch));
        Assert.StartsWith($"observations[{place}] is null; nothing was saved.", told.Message, StringComparison.Ordinal);
    }

    private static Func<IReadOnlyCollection<string>, string[]> Distinct()
    {
        var type = Core("DistinctTexts");
        return type.GetMethod("Of")!.CreateDelegate<Func<IReadOnlyCollection<string>, string[]>>(Activator.CreateInstance(type));
    }

    // Every store compiles these classes into itself, so that their names alone say too little.
    private static Type Core(string name) => typeof(IUnionPush).Assembly.GetType($"WeChat.UnionPush.{name}", throwOnError: true)!;
}
