namespace WeChat.UnionPush.Tests.Api;

/// <summary>In which order calls of a line are served, and when their time is up.</summary>
public sealed class WaitingLineTests
{
    private readonly WaitingLine _line = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Who_leaves_leaves_the_order_of_the_others_and_may_come_again(int leaving)
    {
        var waiters = Enumerable.Range(0, 4).Select(since => Add(since)).ToList();
        var gone = waiters[leaving];
        _line.Remove(gone);
        Assert.Equal((false, null, null, 3), (gone.IsWaiting, gone.Previous, gone.Next, _line.Count));
        waiters.RemoveAt(leaving);
        Assert.All(waiters, static waiter => Assert.True(waiter.IsWaiting));
        _line.Add(gone);
        waiters.Add(gone);
        Assert.Same(waiters[0], _line.First);
        Assert.Equal(waiters, Served(now: 10));
        Assert.Equal((0, null, long.MaxValue), (_line.Count, _line.First, _line.EarliestEnd));
        Assert.All(waiters, static waiter => Assert.Equal((false, null, null), (waiter.IsWaiting, waiter.Previous, waiter.Next)));
    }

    [Fact]
    public void The_earliest_end_is_found_whatever_the_order_of_the_ends()
    {
        Assert.Equal((long.MaxValue, null), (_line.EarliestEnd, _line.TakeEnded(long.MaxValue)));
        var (first, second, third) = (Add(0, end: 30), Add(1, end: 10), Add(2, end: 20));
        Assert.Equal(10, _line.EarliestEnd);
        Assert.Null(_line.TakeEnded(9));
        Assert.Same(second, _line.TakeEnded(10));
        Assert.Equal((20, 2, false), (_line.EarliestEnd, _line.Count, second.IsWaiting));
        Assert.Same(third, _line.TakeEnded(25));
        Assert.Null(_line.TakeEnded(29));
        Assert.Same(first, _line.TakeEnded(100));
        Assert.Equal(0, _line.Count);
    }

    /// <summary>Against a plain list of those who wait.</summary>
    [Fact]
    public void It_keeps_to_a_list_whatever_happens()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var line = new WaitingLine();
            var list = new List<Waiter>();
            var now = 0L;
            for (var step = 0; step < 60; step++)
            {
                switch (random.Next(5))
                {
                    case 0 or 1:
                        var waiter = new Waiter(endpoint: null, now, TimeSpan.Zero, now + random.Next(1, 10));
                        line.Add(waiter);
                        list.Add(waiter);
                        break;
                    case 2 when list.Count > 0:
                        var leaving = list[random.Next(list.Count)];
                        line.Remove(leaving);
                        list.Remove(leaving);
                        break;
                    case 3 when list.Count > 0:
                        Assert.Same(list[0], line.TakeNext(now));
                        list.RemoveAt(0);
                        break;
                    default:
                        now += random.Next(4);
                        var ended = list.Find(each => each.End <= now);
                        Assert.Same(ended, line.TakeEnded(now));
                        list.Remove(ended!);
                        break;
                }

                Assert.Equal(
                    (list.Count, list.FirstOrDefault(), list.Select(static each => each.End).DefaultIfEmpty(long.MaxValue).Min()), (line.Count, line.First, line.EarliestEnd));
            }
        }
    }

    // One in 32 who gives up is chance. Each weighs 32, each who is served takes one off, and from 64 on the newest goes first.
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 33)]
    [InlineData(8, 193)]
    [InlineData(100, 193)]
    public void Where_many_give_up_the_newest_is_served_first_for_as_long_as_they_weigh(int gaveUp, int newest)
    {
        for (var i = 0; i < gaveUp; i++)
        {
            _line.GaveUp(waited: 1000);
        }

        var waiters = Enumerable.Range(0, 300).Select(since => Add(since)).ToList();
        var served = Served(now: 300);
        Assert.Equal(Enumerable.Reverse(waiters).Take(newest).Concat(waiters.Take(300 - newest)), served);
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(21, false)]
    public void Who_has_waited_more_than_twice_as_long_as_those_who_give_up_goes_first(long waited, bool newestFirst)
    {
        _line.GaveUp(waited: 10);
        _line.GaveUp(waited: 10);
        var (first, last) = (Add(0), Add(5));
        Assert.Same(newestFirst ? last : first, _line.TakeNext(waited));
    }

    // The patience of those who give up counts as the longest, and comes down by a 64th with each who had less.
    [Theory]
    [InlineData(0, 128, 256)]
    [InlineData(1, 128, 252)]
    [InlineData(2, 128, 250)]
    [InlineData(200, 128, 126)]
    [InlineData(1, 640, 1260)]
    public void Those_who_give_up_sooner_shorten_what_counts_as_long(int sooner, long longest, long expected)
    {
        foreach (var (now, newestFirst) in new[] { (expected, true), (expected + 1, false) })
        {
            var line = new WaitingLine();
            line.GaveUp(1);
            line.GaveUp(longest);
            for (var i = 0; i < sooner; i++)
            {
                line.GaveUp(1);
            }

            var (first, last) = (new Waiter(endpoint: null, 0, TimeSpan.Zero, 1), new Waiter(endpoint: null, 0, TimeSpan.Zero, 1));
            line.Add(first);
            line.Add(last);
            Assert.Same(newestFirst ? last : first, line.TakeNext(now));
        }
    }

    private Waiter Add(long since, long end = long.MaxValue)
    {
        var waiter = new Waiter(endpoint: null, since, TimeSpan.Zero, end);
        _line.Add(waiter);
        return waiter;
    }

    private List<Waiter> Served(long now)
    {
        var served = new List<Waiter>();
        while (_line.Count > 0)
        {
            served.Add(_line.TakeNext(now));
        }

        return served;
    }
}
