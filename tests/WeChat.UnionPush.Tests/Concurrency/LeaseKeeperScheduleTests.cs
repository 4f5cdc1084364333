namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class LeaseKeeperScheduleTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    [Fact]
    public void Nobody_works_under_a_lease_that_is_somebody_elses_and_no_renewal_outlives_its_keeper() => Schedules.Hold<TwoHolders>();

    /// <summary>One works under a lease that is kept, in a store that is slow, fails and hangs; another takes it as soon as the store gives it.</summary>
    private sealed class TwoHolders : IScenario
    {
        private long _endsAt;
        private bool _isOthers;
        private bool _isDisposed;

        public async Task RunAsync(Schedule schedule)
        {
            var time = schedule.Time;
            _endsAt = time.GetTimestamp() + Duration.Ticks;
            var keeper = new LeaseKeeper(stop => RenewAsync(schedule, stop), Duration, time);
            var other = schedule.Start(async () =>
            {
                for (var i = 0; i < 12; i++)
                {
                    await Task.Delay(TimeSpan.FromTicks(_endsAt - time.GetTimestamp()), time);
                    if (_endsAt <= time.GetTimestamp())
                    {
                        _isOthers = true;
                        break;
                    }
                }

                if (_isOthers && !_isDisposed)
                {
                    // In the moment in which it ends, and so before the next one.
                    await Task.Delay(TimeSpan.FromMilliseconds(1), time);
                    Assert.True(_isDisposed || keeper.Lost.IsCancellationRequested, "The lease is another's, and the work goes on.");
                }
            });
            var works = schedule.Start(async () =>
            {
                var work = TimeSpan.FromSeconds(10 * (1 + schedule.Choose(12)));
                try
                {
                    await Task.Delay(work, time, keeper.Lost);
                }
                catch (OperationCanceledException)
                {
                    Assert.True(keeper.Lost.IsCancellationRequested);
                    schedule.Tell("lost");
                }

                await schedule.StepAsync();
                await keeper.DisposeAsync();
                _isDisposed = true;
            });

            await works;
            await other;
        }

        private async ValueTask<bool> RenewAsync(Schedule schedule, CancellationToken stop)
        {
            var time = schedule.Time;
            schedule.Demand(!_isDisposed, "A lease is renewed that nobody keeps any more.");
            await schedule.StepAsync();
            if (schedule.May("the store is slow"))
            {
                await Task.Delay(TimeSpan.FromSeconds(7), time, CancellationToken.None);
            }

            if (schedule.May("the store fails"))
            {
                throw new InvalidOperationException("the store is gone");
            }

            if (_isOthers || time.GetTimestamp() >= _endsAt)
            {
                return false;
            }

            _endsAt = time.GetTimestamp() + Duration.Ticks;
            if (schedule.May("the answer is slow"))
            {
                await Task.Delay(TimeSpan.FromSeconds(8), time, schedule.May("and heeds its token") ? stop : CancellationToken.None);
            }

            if (schedule.May("the answer never comes"))
            {
                await new TaskCompletionSource().Task;
            }

            await schedule.StepAsync();
            return true;
        }
    }
}
