using System.Text.RegularExpressions;

namespace WeChat.UnionPush.Tests.Concurrency;

/// <summary>That schedules find what is there to be found, and say how to find it again.</summary>
public sealed partial class ScheduleTests
{
    [Fact]
    public void A_lost_update_is_found_and_its_order_repeats_it()
    {
        var found = Schedules.Find<LostUpdate>(1_000);
        Assert.Contains("Expected: 2", found, StringComparison.Ordinal);
        var order = Shorter().Match(found!).Groups[1].Value;
        Assert.Contains("Expected: 2", Schedules.Repeat<LostUpdate>(order), StringComparison.Ordinal);
        Assert.Null(Schedules.Repeat<LostUpdate>(""));
    }

    [Fact]
    public void Who_waits_for_ever_is_found() =>
        Assert.Contains("Everybody waits, and no timer is set", Schedules.Find<ForEver>(10), StringComparison.Ordinal);

    [Fact]
    public void Work_that_leaves_the_schedule_for_the_pool_is_a_failure_and_no_gap() =>
        Assert.Contains("outside of the schedule", Schedules.Find<Outside>(10), StringComparison.Ordinal);

    [Fact]
    public void A_run_that_anything_but_its_decisions_makes_is_found() =>
        Assert.Contains("The same decisions did not make the same run", Schedules.Find<Moody>(2_000), StringComparison.Ordinal);

    [Fact]
    public void An_order_that_fits_the_code_no_more_says_so() =>
        Assert.Contains("does not fit this code any more", Schedules.Repeat<LostUpdate>("0:7"), StringComparison.Ordinal);

    [GeneratedRegex("Shorter: (.*)")]
    private static partial Regex Shorter();

    private sealed class LostUpdate : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var count = 0;
            await Task.WhenAll(schedule.Start(AddAsync), schedule.Start(AddAsync));
            Assert.Equal(2, count);

            async Task AddAsync()
            {
                // Read and written back with a call in between, but for one who is lucky.
                var before = count;
                if (schedule.May("the call takes its time"))
                {
                    await schedule.StepAsync();
                }

                count = before + 1;
            }
        }
    }

    private sealed class ForEver : IScenario
    {
        public Task RunAsync(Schedule schedule) => new TaskCompletionSource().Task;
    }

    private sealed class Outside : IScenario
    {
        public async Task RunAsync(Schedule schedule) => await Task.Run(static () => Thread.Yield());
    }

    private sealed class Moody : IScenario
    {
        private static int s_runs;

        public async Task RunAsync(Schedule schedule)
        {
            for (var i = s_runs++ % 7; i < 10; i++)
            {
                _ = schedule.Choose(4);
                await schedule.StepAsync();
            }
        }
    }
}
