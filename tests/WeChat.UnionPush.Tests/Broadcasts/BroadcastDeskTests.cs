using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>What is asked and told at the desk: forecasts to the last call, a watched run, and changes that change nothing.</summary>
[Collection<Alone>]
public sealed class BroadcastDeskTests
{
    [Fact]
    public async Task A_run_is_watched_no_more_than_once_a_second_until_it_ends()
    {
        await using var town = await BroadcastTown.CreateAsync(300, options => options.TemplateMessages.MaxPerSecond = 50);
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));
        await town.Broadcasts.PauseAsync("spring");
        var told = new List<(DateTimeOffset At, BroadcastStatus Status)>();
        var watching = WatchAsync();
        await town.Time.UntilAsync(() => Task.FromResult(told.Count == 2));
        await town.Broadcasts.ResumeAsync("spring");
        await town.Time.RunAsync(town.Broadcasts.RunAsync("spring"));
        await town.Time.RunAsync(watching);

        // A pause is no end.
        Assert.Equal([BroadcastState.Paused, BroadcastState.Paused], told.Take(2).Select(one => one.Status.State));
        Assert.Equal((BroadcastState.Finished, 300), (told[^1].Status.State, told[^1].Status.Counts.Sent));
        Assert.All(told.SkipLast(1), one => Assert.NotEqual(BroadcastState.Finished, one.Status.State));
        Assert.InRange(told.Count, 4, 60);
        Assert.All(told.Zip(told.Skip(1)), pair => Assert.True(pair.Second.At - pair.First.At >= TimeSpan.FromSeconds(1)));

        async Task<int> WatchAsync()
        {
            await foreach (var status in town.Broadcasts.WatchAsync("spring"))
            {
                told.Add((town.Clock.GetUtcNow(), status));
            }

            return told.Count;
        }
    }

    [Fact]
    public async Task A_cancelled_run_ends_the_watch_and_nobody_watches_what_there_is_not()
    {
        await using var town = await BroadcastTown.CreateAsync(10);
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));
        await town.Broadcasts.CancelAsync("spring");
        var told = new List<BroadcastState>();
        await foreach (var status in town.Broadcasts.WatchAsync("spring"))
        {
            told.Add(status.State);
        }

        Assert.Equal([BroadcastState.Cancelled], told);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var _ in town.Broadcasts.WatchAsync("autumn"))
            {
                told.Add(default);
            }
        });
        Assert.Single(told);
    }

    // Of 110 calls a day ten are left to others; ten of them are made by then.
    [Theory]
    [InlineData(90, 10, 1)]
    [InlineData(91, 10, 2)]
    [InlineData(190, 10, 2)]
    [InlineData(191, 10, 3)]
    [InlineData(200, 10, 3)]
    [InlineData(50, 109, 50)]
    [InlineData(50, 110, null)]
    [InlineData(50, 111, null)]
    public async Task A_forecast_counts_the_days_to_the_last_call(int people, int reserve, int? days)
    {
        await using var town = await BroadcastTown.CreateAsync(people);
        town.Account.Quotas.SetDailyLimit(BroadcastTown.Send, 110);
        for (var i = 0; i < 10; i++)
        {
            await town.Time.RunAsync(town.Push.PushAsync(town.People[i].OpenIdIn(town.MiniProgram), town.Message));
        }

        var forecast = await town.Broadcasts.ForecastAsync(new Broadcast("spring", BroadcastAudience.AllUsers(), town.Message) { QuotaReserve = reserve });
        Assert.Equal((110, 100, people, days is null), (forecast.DailyLimit, forecast.RemainingToday, forecast.Reachable, forecast.Days is null));

        // Where one call a day is left, today's is used already.
        Assert.Equal(reserve == 109 ? days + 1 : days, forecast.Days);
    }

    [Fact]
    public async Task A_message_that_does_not_fit_is_told_before_anything_is_asked_or_written()
    {
        await using var town = await BroadcastTown.CreateAsync(10);
        var broadcast = new Broadcast("spring", BroadcastAudience.AllUsers(), town.MessageOf(new string('汉', 21)));
        await Assert.ThrowsAsync<TemplateMessageException>(() => town.Broadcasts.ForecastAsync(broadcast));
        await Assert.ThrowsAsync<TemplateMessageException>(() => town.Broadcasts.StartAsync(broadcast));
        Assert.Empty(await town.Broadcasts.ListAsync());
    }

    [Fact]
    public async Task What_has_ended_stays_as_it_ended()
    {
        await using var town = await BroadcastTown.CreateAsync(10);
        var began = town.Clock.GetUtcNow();
        town.Clock.Advance(TimeSpan.FromHours(1));
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));
        Assert.Equal(began.AddHours(1), (await town.Broadcasts.GetAsync("spring"))!.CreatedAt);
        await town.Time.RunAsync(town.Broadcasts.RunAsync("spring"));
        var ended = (await town.Broadcasts.GetAsync("spring"))!;
        town.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(BroadcastState.Finished, (await town.Broadcasts.CancelAsync("spring")).State);
        Assert.Equal(BroadcastState.Finished, (await town.Broadcasts.PauseAsync("spring")).State);
        Assert.Equal(BroadcastState.Finished, (await town.Broadcasts.ResumeAsync("spring")).State);
        Assert.Equal(0, await town.Broadcasts.ResendUnknownAsync("spring"));
        Assert.Equal((ended.State, ended.EndedAt), ((await town.Broadcasts.GetAsync("spring"))!.State, (await town.Broadcasts.GetAsync("spring"))!.EndedAt));
    }

    [Fact]
    public async Task Who_takes_part_and_goes_away_is_told_so_and_the_run_goes_on_with_others()
    {
        await using var town = await BroadcastTown.CreateAsync(100);
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));
        using var away = new CancellationTokenSource();
        using (var gate = town.Platform.Hold(BroadcastTown.Send))
        {
            var run = town.Broadcasts.RunAsync("spring", cancellationToken: away.Token);
            await gate.WaitForCallsAsync(1);
            await away.CancelAsync();
            gate.Open();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => town.Time.RunAsync(run));
        }

        Assert.Equal(BroadcastState.Running, (await town.Broadcasts.GetAsync("spring"))!.State);
        Assert.Equal(100, (await town.Time.RunAsync(town.Broadcasts.RunAsync("spring"))).Counts.Sent);
        Assert.All(town.Received(), count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.1)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_share_is_more_than_nothing_and_at_most_all(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Broadcast("spring", BroadcastAudience.AllUsers()) { StopAtFailureShare = share });

    [Fact]
    public void A_reserve_is_no_less_than_nothing()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Broadcast("spring", BroadcastAudience.AllUsers()) { QuotaReserve = -1 });
        var broadcast = new Broadcast("spring", BroadcastAudience.AllUsers()) { QuotaReserve = 0, StopAtFailureShare = 1 };
        Assert.Equal((0, 1), (broadcast.QuotaReserve, broadcast.StopAtFailureShare));
    }
}
