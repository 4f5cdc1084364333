namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class WorkUnderWayScheduleTests
{
    [Fact]
    public void A_stop_waits_for_all_that_began_and_nothing_begins_behind_it() => Schedules.Hold<Stopping>();

    [Fact]
    public void A_last_piece_that_ends_in_the_moment_of_the_stop_does_not_speak_for_one_that_began_meanwhile() =>
        Assert.Null(Schedules.Repeat<Handing>("6:1 8:1"));

    /// <summary>Pieces of work begin and end while somebody closes and waits.</summary>
    private sealed class Stopping : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var work = new WorkUnderWay(schedule.Time);
            var (underWay, isOver, refused) = (0, false, 0);
            var workers = Enumerable.Range(0, 4).Select(_ => schedule.Start(async () =>
            {
                for (var i = 0; i < 2; i++)
                {
                    try
                    {
                        using (work.Begin())
                        {
                            underWay++;
                            Assert.False(isOver, "It began when the stop was over.");
                            await schedule.StepAsync();
                            Assert.False(isOver, "The stop was over before it.");
                            underWay--;
                        }
                    }
                    catch (InvalidOperationException)
                    {
                        Assert.True(work.IsClosed);
                        refused++;
                    }
                }
            })).ToArray();

            await schedule.StepAsync();
            work.Close(static () => new InvalidOperationException("closed"));

            // Were the wait to last for this long, nobody would have told it.
            Assert.True(await work.TryWaitAsync(TimeSpan.FromDays(1)));
            Assert.True(schedule.Time.GetTimestamp() < TimeSpan.FromHours(1).Ticks, "Everything was done, and the stop still waited.");
            Assert.Equal(0, underWay);
            isOver = true;
            await Task.WhenAll(workers);
            Assert.True(work.IsIdle);
            Assert.Throws<InvalidOperationException>(() => work.Begin());
        }
    }

    /// <summary>One ends, one begins, and one closes.</summary>
    private sealed class Handing : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var work = new WorkUnderWay(schedule.Time);
            var (isUnderWay, first) = (false, work.Begin());
            var ending = schedule.Start(() =>
            {
                first.Dispose();
                return Task.CompletedTask;
            });
            var beginning = schedule.Start(async () =>
            {
                try
                {
                    using (work.Begin())
                    {
                        isUnderWay = true;
                        await schedule.StepAsync();
                        isUnderWay = false;
                    }
                }
                catch (InvalidOperationException)
                {
                    schedule.Tell("refused");
                }
            });

            await schedule.StepAsync();
            work.Close(static () => new InvalidOperationException("closed"));
            Assert.True(await work.TryWaitAsync(TimeSpan.FromDays(1)));
            Assert.False(isUnderWay);
            await ending;
            await beginning;
        }
    }
}
