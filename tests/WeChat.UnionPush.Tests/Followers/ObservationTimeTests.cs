using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Followers;

/// <summary>An observation is as old as its question: nobody who left meanwhile is made a follower again, whatever the clocks say.</summary>
public sealed class ObservationTimeTests : IAsyncDisposable
{
    private readonly Town _town = new();

    [Theory]
    [InlineData("/cgi-bin/user/get", false)]
    [InlineData("/cgi-bin/user/info/batchget", true)]
    public async Task Who_leaves_while_the_answer_is_on_its_way_has_left(string path, bool full)
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = await FollowAsync(host);
        var stays = await FollowAsync(host);
        _town.Time.Advance(TimeSpan.FromSeconds(1));
        using (var gate = _town.Platform.Hold(path))
        {
            var syncing = host.Push.SyncFollowersAsync(full: full);
            await gate.WaitForCallsAsync(1);
            _town.Time.Advance(TimeSpan.FromSeconds(2));
            await LeaveAsync(host, person);
            gate.Open();
            await syncing;
        }

        Assert.Equal(FollowState.NotFollowing, await host.FollowStateAsync(person));
        Assert.Equal(FollowState.Following, await host.FollowStateAsync(stays));
    }

    [Theory]
    [InlineData(UnsubscribeAction.MarkNotFollowing)]
    [InlineData(UnsubscribeAction.Erase)]
    public async Task Who_leaves_while_the_first_walk_asks_about_them_has_left(UnsubscribeAction action)
    {
        await using var host = await CallbackHost.StartAsync(_town, options => options.OnUnsubscribe = action);
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        using (var gate = _town.Platform.Hold("/cgi-bin/user/info/batchget", afterwards: true))
        {
            var syncing = host.Push.SyncFollowersAsync();
            await gate.WaitForCallsAsync(1);
            _town.Time.Advance(TimeSpan.FromSeconds(2));
            await LeaveAsync(host, person);
            gate.Open();
            await syncing;
        }

        Assert.Equal(action == UnsubscribeAction.Erase ? null : FollowState.NotFollowing, await host.FollowStateAsync(person));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_leaves_during_a_pause_between_answer_and_save_has_left(bool full)
    {
        var repository = new InMemoryUnionIdRepository();
        await using var host = await CallbackHost.StartAsync(_town, choose: builder => builder.UseRepository(_ => repository));
        var person = await FollowAsync(host);
        _town.Time.Advance(TimeSpan.FromSeconds(1));
        var (reached, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var walker = _town.Build(builder => builder.UseRepository(_ => new MoodyRepository(repository, () =>
        {
            reached.TrySetResult();
            return goesOn.Task;
        })));
        var syncing = walker.GetRequiredService<IUnionPush>().SyncFollowersAsync(full: full);
        await reached.Task;
        _town.Time.Advance(TimeSpan.FromSeconds(2));
        await LeaveAsync(host, person);
        _town.Time.Advance(TimeSpan.FromMinutes(10));
        goesOn.SetResult();
        await syncing;
        Assert.Equal(FollowState.NotFollowing, await host.FollowStateAsync(person));
    }

    [Theory]
    [InlineData(-60, 0)]
    [InlineData(0, -60)]
    [InlineData(60, 0)]
    [InlineData(60, -60)]
    [InlineData(-60, 60)]
    public async Task An_unsubscribe_wins_over_an_older_follow_that_another_machine_saw(int walkerIsOffBy, int callbackIsOffBy)
    {
        var repository = new InMemoryUnionIdRepository();
        await using var host = await CallbackHost.StartAsync(
            _town,
            choose: builder => builder.UseRepository(_ => repository),
            services: services => services.AddSingleton<TimeProvider>(new ShiftedClock(_town.Time, TimeSpan.FromSeconds(callbackIsOffBy))));
        await using var walker = Walker(repository, walkerIsOffBy);
        var push = walker.GetRequiredService<IUnionPush>();
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        await push.SyncFollowersAsync();

        // After the other machine saw them follow.
        _town.Time.Advance(TimeSpan.FromSeconds(5));
        await LeaveAsync(host, person);
        Assert.Equal(FollowState.NotFollowing, await host.FollowStateAsync(person));

        // While the other machine's details are on their way.
        _town.Time.Advance(TimeSpan.FromSeconds(5));
        person.Follow(_town.Account);
        await host.DeliverAsync(host.Event(person, "subscribe"));
        Assert.Equal(FollowState.Following, await host.FollowStateAsync(person));
        foreach (var path in new[] { "/cgi-bin/user/info/batchget", "/cgi-bin/user/get" })
        {
            // So that the walker's clock, however late, finds the details old.
            _town.Time.Advance(TimeSpan.FromMinutes(3));
            using (var gate = _town.Platform.Hold(path))
            {
                var syncing = push.SyncFollowersAsync(full: path.Contains("batchget", StringComparison.Ordinal));
                await gate.WaitForCallsAsync(1);
                _town.Time.Advance(TimeSpan.FromSeconds(5));
                await LeaveAsync(host, person);
                gate.Open();
                await syncing;
            }

            Assert.Equal(FollowState.NotFollowing, await host.FollowStateAsync(person));
            _town.Time.Advance(TimeSpan.FromSeconds(5));
            person.Follow(_town.Account);
            await host.DeliverAsync(host.Event(person, "subscribe"));
            Assert.Equal(FollowState.Following, await host.FollowStateAsync(person));
        }
    }

    [Fact]
    public async Task Details_carry_the_time_of_the_question()
    {
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        var asked = _town.Time.GetUtcNow();
        using var gate = _town.Platform.Hold("/cgi-bin/user/info/batchget");
        var syncing = _town.Push.SyncFollowersAsync();
        await gate.WaitForCallsAsync(1);
        _town.Time.Advance(TimeSpan.FromSeconds(3));
        gate.Open();
        await syncing;
        var stored = Assert.Single(await _town.Repository.FindAsync(Town.OfficialAccountAppId, [person.OpenIdIn(_town.Account)]));
        Assert.Equal((asked, asked, asked), (stored.ObservedAt, stored.DetailsAt!.Value, stored.FollowChangedAt!.Value));
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private ServiceProvider Walker(IUnionIdRepository repository, int offBy)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(new ShiftedClock(_town.Time, TimeSpan.FromSeconds(offBy)));
        services.AddWeChatUnionPush(Town.SetCredentials).UseSimulator(_town.Platform).UseRepository(_ => repository);
        return services.BuildServiceProvider();
    }

    private async Task<SimulatedPerson> FollowAsync(CallbackHost host)
    {
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        await host.DeliverAsync(host.Event(person, "subscribe"));
        return person;
    }

    private async Task LeaveAsync(CallbackHost host, SimulatedPerson person)
    {
        person.Unfollow(_town.Account);
        await host.DeliverAsync(host.Event(person, "unsubscribe"));
    }

    private sealed class ShiftedClock(TimeProvider inner, TimeSpan offset) : TimeProvider
    {
        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + offset;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
    }
}
