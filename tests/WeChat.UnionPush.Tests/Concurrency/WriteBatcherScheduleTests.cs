namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class WriteBatcherScheduleTests
{
    [Fact]
    public void Everything_is_written_once_and_in_order_or_its_giver_hears_of_it() => Schedules.Hold<Givers>();

    /// <summary>Three callers bring items, while writes fail, hang, or succeed late.</summary>
    private sealed class Givers : IScenario
    {
        private const int Callers = 3;
        private const int Items = 3;

        private readonly List<(int Caller, int Number)> _written = [];
        private readonly HashSet<(int Caller, int Number)> _hung = [];
        private int _writing;
        private bool _isCalm;

        public async Task RunAsync(Schedule schedule)
        {
            var limit = TimeSpan.FromSeconds(4);
            var never = new TaskCompletionSource<bool>();
            var batcher = new WriteBatcher<(int Caller, int Number)>(
                async (items, stop) =>
                {
                    Assert.InRange(items.Count, 1, 2);
                    Assert.Equal(1, ++_writing);
                    await schedule.StepAsync();
                    if (!_isCalm && schedule.May("the write hangs"))
                    {
                        _hung.UnionWith(items);
                        _writing--;
                        await never.Task;
                    }

                    _writing--;
                    if (!_isCalm && schedule.May("the write fails"))
                    {
                        throw new InvalidOperationException("the store is gone");
                    }

                    _written.AddRange(items);
                    return true;
                },
                maxBatch: 2,
                maxWaiting: 4,
                limit,
                schedule.Time);

            var heard = new Dictionary<(int, int), string>();
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => schedule.Start(async () =>
            {
                for (var number = 0; number < Items; number++)
                {
                    var item = (caller, number);
                    try
                    {
                        heard[item] = await batcher.AddAsync(item) ? "written" : "too many";
                    }
                    catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
                    {
                        heard[item] = exception.GetType().Name;
                    }
                }
            })));

            Assert.Equal(Callers * Items, heard.Count);
            Assert.Equal(_written.Count, _written.Distinct().Count());
            Assert.Equal(_written.Order(), heard.Where(static one => one.Value == "written").Select(static one => one.Key).Order());
            Assert.All(_hung, item => Assert.Equal(nameof(TimeoutException), heard[item]));
            Assert.All(
                _written.GroupBy(static item => item.Caller),
                static own => Assert.Equal(own.Select(static item => item.Number).Order(), own.Select(static item => item.Number)));

            // Whatever happened, it goes on.
            _isCalm = true;
            Assert.True(await batcher.AddAsync((Callers, 0)));
        }
    }
}
