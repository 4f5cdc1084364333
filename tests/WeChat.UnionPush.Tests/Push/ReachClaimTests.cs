using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Of pushes with one key that are refused at the same time, one goes on to the further channels, whatever they do between each other's steps.</summary>
public sealed class ReachClaimTests
{
    private const string Key = "message:1";

    private readonly ManualTimeProvider _time = new();
    private readonly MoodyReachStorage _storage;

    public ReachClaimTests() => _storage = new MoodyReachStorage(_time);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_who_leaves_it_to_another_who_has_just_left_goes_on(bool firstWaits)
    {
        var (first, second) = (Claim(), Claim());
        Assert.Null(await first.TakeAsync(default));
        Assert.Null(await second.TakeAsync(default));
        var (waits, comesBetween) = firstWaits ? (first, second) : (second, first);
        var between = true;
        _storage.BeforeNextWrite(Key, async () => between = await comesBetween.MoveAsync(PushChannel.SubscribeMessage, default));
        Assert.True(await waits.MoveAsync(PushChannel.SubscribeMessage, default));
        Assert.Equal((false, true, false), (between, comesBetween.IsLeftToOthers, waits.IsLeftToOthers));
    }

    [Fact]
    public async Task The_last_of_three_goes_on()
    {
        ReachClaim[] claims = [Claim(), Claim(), Claim()];
        foreach (var claim in claims)
        {
            await claim.TakeAsync(default);
        }

        _storage.BeforeNextWrite(Key, async () =>
        {
            Assert.False(await claims[0].MoveAsync(PushChannel.SubscribeMessage, default));
            Assert.False(await claims[1].MoveAsync(PushChannel.SubscribeMessage, default));
        });
        Assert.True(await claims[2].MoveAsync(PushChannel.SubscribeMessage, default));
    }

    [Fact]
    public async Task Who_finds_that_another_has_gone_on_stops()
    {
        var (first, second) = (Claim(), Claim());
        await first.TakeAsync(default);
        _storage.BeforeNextWrite(Key, async () => Assert.True(await first.MoveAsync(PushChannel.SubscribeMessage, default)));
        Assert.Equal(PushChannel.SubscribeMessage, await second.TakeAsync(default));
    }

    private ReachClaim Claim() => new(_storage.Reach, Town.OfficialAccountAppId, Key, _time.GetUtcNow().AddDays(1));
}
