namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class OneWriteAheadScheduleTests
{
    [Fact]
    public void One_write_at_a_time_everything_once_and_in_order_and_no_writer_left_behind() => Schedules.Hold<Collecting>();

    /// <summary>Somebody collects while the write before is under way; writes may fail and the collector may leave early.</summary>
    private sealed class Collecting : IScenario
    {
        private const int Items = 7;

        public async Task RunAsync(Schedule schedule)
        {
            var (writing, failed, told) = (0, false, 0);
            List<int> stored = [];
            var added = 0;
            var hasFailed = false;
            var ahead = new OneWriteAhead<int, int>(
                2,
                async batch =>
                {
                    Assert.Equal(1, ++writing);
                    Assert.False(failed, "A write behind one that failed.");
                    for (var i = schedule.Choose(3); i >= 0; i--)
                    {
                        await schedule.StepAsync();
                    }

                    writing--;
                    if (schedule.May("the write fails"))
                    {
                        failed = true;
                        throw new InvalidOperationException("the store is gone");
                    }

                    stored.AddRange(batch);
                    return batch.Count;
                },
                count => told += count);

            var isEnded = false;
            try
            {
                await using (ahead)
                {
                    for (; added < Items; added++)
                    {
                        if (schedule.May("the collector leaves early"))
                        {
                            break;
                        }

                        await ahead.AddAsync(added);
                        if (schedule.Choose(2) == 1)
                        {
                            await schedule.StepAsync();
                        }
                    }

                    if (added == Items)
                    {
                        await ahead.EndAsync();
                        isEnded = true;
                    }
                }
            }
            catch (InvalidOperationException)
            {
                hasFailed = true;
            }

            Assert.Equal(0, writing);
            Assert.Equal(Enumerable.Range(0, stored.Count), stored);
            Assert.Equal(stored.Count, told);
            Assert.True(!hasFailed || failed);
            Assert.True(!isEnded || stored.Count == Items);
            Assert.True(isEnded || hasFailed || added < Items, "It ended neither way.");
        }
    }
}
