using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;
using WeChat.UnionPush.Tests.Links;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>What a push hands on to the channels after the template message.</summary>
public sealed class FurtherChannelTests : IAsyncDisposable
{
    private readonly Town _town = new();
    private readonly InMemoryUnionPushStorage _storage;
    private readonly Pigeon _pigeon = new();

    public FurtherChannelTests() => _storage = new InMemoryUnionPushStorage(_town.Time);

    [Fact]
    public async Task A_push_by_UnionID_without_a_key_goes_on_when_the_platform_tells_later_that_it_did_not_arrive()
    {
        _town.Account.RefusedMessages = SimulatedRefusal.ByEvent;
        await using var host = await StartAsync(reach => reach.AfterFailedDelivery());
        var person = await AddUserAsync(host);
        person.Follow(_town.Account);
        await SettleAsync(host);
        person.RefuseMessages(_town.Account);

        var result = await host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), _town.Message());
        await SettleAsync(host);

        Assert.True(result.IsSent);
        var flight = Assert.Single(_pigeon.Flights);
        Assert.Equal(person.OpenIdIn(_town.MiniProgram), flight.MiniProgramOpenId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_hosts_own_way_is_told_all_ids_of_somebody_whom_a_code_linked(bool hasUnionId)
    {
        _town.Account.OpenPlatform = null;
        _town.MiniProgram.OpenPlatform = hasUnionId ? Town.OpenPlatform : null;
        await using var host = await StartAsync(reach => reach);
        var person = await AddUserAsync(host);
        var link = await host.Services.GetRequiredService<IFollowLinks>().CreateAsync(person.OpenIdIn(_town.MiniProgram));
        person.Scan(_town.Account, _town.Account.QrCodes.Single(code => code.Url == link.Url));
        await SettleAsync(host);
        person.RefuseMessages(_town.Account);

        var result = await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message());

        Assert.Equal((PushStatus.Sent, PushChannel.Fallback, PushStatus.Refused), (result.Status, result.Channel, Assert.Single(result.Attempts).Status));
        var flight = Assert.Single(_pigeon.Flights);
        Assert.Equal(
            (person.OpenIdIn(_town.MiniProgram), person.OpenIdIn(_town.Account), hasUnionId ? person.UnionIdUnder(Town.OpenPlatform) : null),
            (flight.MiniProgramOpenId, flight.OfficialAccountOpenId, flight.UnionId));
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private async Task<SimulatedPerson> AddUserAsync(CallbackHost host)
    {
        var person = _town.Platform.AddPerson();
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        return person;
    }

    private Task SettleAsync(CallbackHost host) => LinkHost.SettleAsync(_town, host);

    private Task<CallbackHost> StartAsync(Func<ReachBuilder, ReachBuilder> choose) => LinkHost.StartAsync(_town, _storage, builder =>
    {
        builder.Services.AddSingleton(_pigeon);
        builder.AddFollowLinks().AddReach(reach => choose(reach.Fallback<Pigeon>()));
    });
}
