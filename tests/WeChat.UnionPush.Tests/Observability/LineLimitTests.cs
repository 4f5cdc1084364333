using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Observability;

/// <summary>How many lines of a kind reach the log, and when those that did not are told.</summary>
public sealed class LineLimitTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<(string Kind, long LeftOut)> _told = [];
    private readonly LineLimit _limit;

    public LineLimitTests() => _limit = new LineLimit((kind, leftOut) => _told.Add((kind, leftOut)), _time);

    [Fact]
    public void Three_lines_of_a_kind_come_through_and_the_others_are_told_at_the_end_of_the_minute()
    {
        Assert.Equal([true, true, true, false, false], Allowed("a", 5));
        Assert.Equal([true], Allowed("b", 1));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal([false], Allowed("a", 1));
        _time.Advance(TimeSpan.FromSeconds(20) - TimeSpan.FromTicks(1));
        Assert.Equal([false], Allowed("a", 1));
        Assert.Empty(_told);

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([("a", 4L)], _told);
        Assert.Equal(0, _time.PendingTimers);

        // The next minute begins with its first line.
        Assert.Equal([true, true, true, false], Allowed("a", 4));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([("a", 4L), ("a", 1L)], _told);
    }

    [Fact]
    public void The_count_comes_at_the_end_of_the_minute_that_the_first_line_began()
    {
        Assert.Equal([true, true, true], Allowed("a", 3));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal([false], Allowed("a", 1));
        Assert.Equal(_time.GetUtcNow().AddSeconds(20), _time.NextTimerDue);
    }

    [Fact]
    public void Where_nothing_was_left_out_a_new_minute_begins_without_a_word()
    {
        Assert.Equal([true, true], Allowed("a", 2));
        _time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.Equal([true], Allowed("a", 1));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([true, true, true, false], Allowed("a", 4));
        Assert.Empty(_told);
    }

    [Fact]
    public void At_the_end_what_was_left_out_until_then_is_told_once()
    {
        Assert.Equal([true, true, true, false], Allowed("a", 4));
        Assert.Equal([true], Allowed("b", 1));
        _limit.Dispose();
        _limit.Dispose();
        Assert.Equal([("a", 1L)], _told);
        Assert.Equal(0, _time.PendingTimers);
    }

    private bool[] Allowed(string kind, int lines) => [.. Enumerable.Range(0, lines).Select(_ => _limit.Allows(kind))];
}
