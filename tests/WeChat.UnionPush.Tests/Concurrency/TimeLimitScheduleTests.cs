using System.Reflection;

namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class TimeLimitScheduleTests
{
    [Fact]
    public void A_limit_a_cancellation_and_an_answer_meet_in_any_order_and_the_caller_gets_one_of_them() => Schedules.Hold<Meeting>();

    /// <summary>Some calls that answer, fail or hang, with one limit each, while their callers may cancel, on a machine that may be slow.</summary>
    private sealed class Meeting : IScenario
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

        private readonly List<Task> _calls = [];

        public async Task RunAsync(Schedule schedule)
        {
            schedule.TimeFlows = true;
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => schedule.Start(() => CallAsync(schedule))));

            // Whatever a call took as a timer is given back.
            Assert.False(schedule.Time.HasTimer);

            // However late a call failed, its failure counts as seen once everybody is at rest, and no sooner does time go on.
            schedule.TimeFlows = false;
            await Task.Delay(TimeSpan.FromMilliseconds(1), schedule.Time);
            Assert.All(_calls, static call => Assert.True(!call.IsFaulted || IsObserved(call), "A failure that nobody saw."));
        }

        private async Task CallAsync(Schedule schedule)
        {
            using var stop = new CancellationTokenSource();
            var answer = new TaskCompletionSource<int>(schedule.Choose(2) == 0 ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
            var began = schedule.Time.GetTimestamp();
            var canceledAt = long.MaxValue;
            var heeds = schedule.Choose(2) == 1;
            var call = TimeLimit.RunAsync(
                stop =>
                {
                    var made = heeds ? Woven.WaitAsync(answer.Task, stop) : answer.Task;
                    _calls.Add(made);
                    return made;
                },
                Limit,
                "The call",
                schedule.Time,
                stop.Token);
            var platform = schedule.Start(async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(schedule.Choose(4)), schedule.Time);
                await schedule.StepAsync();
                _ = schedule.May("it fails") ? answer.TrySetException(new InvalidDataException()) : answer.TrySetResult(7);
            });
            var caller = schedule.Start(async () =>
            {
                await schedule.StepAsync();
                if (schedule.May("the caller cancels"))
                {
                    canceledAt = schedule.Time.GetTimestamp();
                    await Woven.CancelAsync(stop);
                }
            });

            try
            {
                Assert.Equal(7, await call);
            }
            catch (TimeoutException exception)
            {
                Assert.True(schedule.Time.GetElapsedTime(began) >= Limit);
                Assert.True(canceledAt >= began + Limit.Ticks, "It was cancelled, and is told that its time was up.");
                Assert.Equal("The call took longer than 2 s.", exception.Message);
            }
            catch (OperationCanceledException exception)
            {
                Assert.Equal(stop.Token, exception.CancellationToken);
                Assert.True(stop.IsCancellationRequested);
            }
            catch (InvalidDataException)
            {
                Assert.True(answer.Task.IsFaulted);
            }

            await caller;
            await platform;
        }

        private static bool IsObserved(Task task)
        {
            const BindingFlags Inside = BindingFlags.Instance | BindingFlags.NonPublic;
            var contingent = typeof(Task).GetField("m_contingentProperties", Inside)!.GetValue(task)!;
            var holder = contingent.GetType().GetField("m_exceptionsHolder", Inside)!.GetValue(contingent)!;
            return (bool)holder.GetType().GetField("m_isHandled", Inside)!.GetValue(holder)!;
        }
    }
}
