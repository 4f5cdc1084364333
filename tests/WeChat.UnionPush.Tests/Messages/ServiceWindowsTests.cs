using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>When a person may be sent customer service messages, and how many, to the last millisecond and message.</summary>
public sealed class ServiceWindowsTests
{
    private const string Person = "oPerson";

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
    private readonly InMemoryUnionPushStorage _storage;
    private readonly ServiceWindows _windows;

    public ServiceWindowsTests()
    {
        _storage = new InMemoryUnionPushStorage(_time);
        _windows = new ServiceWindows(Town.OfficialAccountAppId, _storage.Reach, _time);
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    [Fact]
    public async Task A_message_allows_five_within_forty_eight_hours()
    {
        await _windows.WroteAsync(Person, Now, default);
        Assert.Equal(5, await TakeAllAsync());
    }

    [Fact]
    public async Task A_follow_a_scan_or_a_click_allows_three_within_a_minute()
    {
        await _windows.ActedAsync(Person, Now, default);
        Assert.Equal(3, await TakeAllAsync());
    }

    [Theory]
    [InlineData(true, 48 * 60 * 60 * 1000)]
    [InlineData(false, 60 * 1000)]
    public async Task It_is_open_up_to_its_last_millisecond(bool wrote, int milliseconds)
    {
        await BeginAsync(wrote, Now);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.True(await IsOpenAsync());
        Assert.True(await TakeAsync());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(await IsOpenAsync());
        Assert.False(await TakeAsync());
    }

    [Fact]
    public async Task What_a_click_allows_is_used_up_first_and_what_a_message_allows_afterwards()
    {
        await _windows.WroteAsync(Person, Now, default);
        await _windows.ActedAsync(Person, Now, default);
        Assert.True(await TakeAsync());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(5, await TakeAllAsync());
        await _windows.ActedAsync(Person, Now, default);
        Assert.Equal(3, await TakeAllAsync());
        Assert.False(await IsOpenAsync());
    }

    [Fact]
    public async Task Both_together_allow_eight()
    {
        await _windows.WroteAsync(Person, Now, default);
        await _windows.ActedAsync(Person, Now, default);
        Assert.Equal(8, await TakeAllAsync());
    }

    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 3)]
    public async Task An_event_that_comes_twice_or_late_renews_nothing_and_a_later_one_does(bool wrote, int messages)
    {
        await BeginAsync(wrote, Now);
        Assert.True(await TakeAsync());
        await BeginAsync(wrote, Now);
        await BeginAsync(wrote, Now.AddMilliseconds(-1));
        await BeginAsync(wrote, Now.AddSeconds(-30));
        Assert.Equal(messages - 1, await TakeAllAsync());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await BeginAsync(wrote, Now);
        Assert.Equal(messages, await TakeAllAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_leaves_ends_what_was_open_by_then_whenever_the_events_come(bool wrote)
    {
        // In their order, in the other one, and at the same time.
        await BeginAsync(wrote, Now.AddMilliseconds(-1));
        await _windows.LeftAsync(Person, Now, default);
        Assert.False(await IsOpenAsync());
        Assert.Equal(0, await TakeAllAsync());
        await BeginAsync(wrote, Now.AddMilliseconds(-1));
        await BeginAsync(wrote, Now);
        Assert.Equal(0, await TakeAllAsync());

        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        await BeginAsync(wrote, Now - TimeSpan.FromMinutes(10));
        Assert.Equal(0, await TakeAllAsync());
    }

    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 3)]
    public async Task What_comes_after_who_left_opens_again_also_where_the_leave_is_told_later(bool wrote, int messages)
    {
        await _windows.LeftAsync(Person, Now, default);
        await BeginAsync(wrote, Now.AddMilliseconds(1));
        Assert.True(await TakeAsync());

        // An older leave, the same one again, and one of before the message.
        await _windows.LeftAsync(Person, Now.AddMinutes(-1), default);
        await _windows.LeftAsync(Person, Now, default);
        Assert.Equal(messages - 1, await TakeAllAsync());
        await BeginAsync(wrote, Now.AddMilliseconds(5));
        await _windows.LeftAsync(Person, Now.AddMilliseconds(4), default);
        Assert.Equal(messages, await TakeAllAsync());
        await BeginAsync(wrote, Now.AddMilliseconds(6));
        await _windows.LeftAsync(Person, Now.AddMilliseconds(6), default);
        Assert.Equal(0, await TakeAllAsync());
    }

    [Fact]
    public async Task An_older_leave_that_is_told_later_lets_nothing_of_before_the_last_one_in()
    {
        await _windows.LeftAsync(Person, Now, default);
        await _windows.LeftAsync(Person, Now.AddMinutes(-1), default);
        await _windows.WroteAsync(Person, Now.AddSeconds(-30), default);
        Assert.False(await IsOpenAsync());
    }

    [Fact]
    public async Task Of_somebody_without_a_window_nothing_is_written()
    {
        Assert.False(await TakeAsync());
        Assert.Null(await NoteAsync());
    }

    [Fact]
    public async Task A_leave_ends_the_one_and_not_the_other_where_only_one_is_older()
    {
        await _windows.WroteAsync(Person, Now.AddSeconds(-2), default);
        await _windows.ActedAsync(Person, Now, default);
        await _windows.LeftAsync(Person, Now.AddSeconds(-1), default);
        Assert.Equal(3, await TakeAllAsync());

        await _windows.ActedAsync(Person, Now.AddSeconds(1), default);
        await _windows.WroteAsync(Person, Now.AddSeconds(3), default);
        await _windows.LeftAsync(Person, Now.AddSeconds(2), default);
        Assert.Equal(5, await TakeAllAsync());
    }

    [Fact]
    public async Task Who_is_closed_gets_nothing_until_the_next_event()
    {
        await _windows.WroteAsync(Person, Now, default);
        await _windows.CloseAsync(Person, default);
        Assert.False(await TakeAsync());
        _time.Advance(TimeSpan.FromSeconds(1));
        await _windows.WroteAsync(Person, Now, default);
        Assert.True(await TakeAsync());
    }

    [Fact]
    public async Task Each_message_is_taken_once_whoever_takes_at_the_same_time()
    {
        var storage = new Push.MoodyReachStorage(_time);
        var windows = new ServiceWindows(Town.OfficialAccountAppId, storage.Reach, _time);
        await windows.ActedAsync(Person, Now, default);
        var between = 0;
        storage.BeforeNextWrite("", async () =>
        {
            while (await windows.TryTakeAsync(Person, default))
            {
                between++;
            }
        });
        Assert.False(await windows.TryTakeAsync(Person, default));
        Assert.Equal(3, between);
    }

    [Fact]
    public async Task The_note_ends_with_the_last_window_and_a_leave_is_remembered_for_ten_minutes()
    {
        await _windows.ActedAsync(Person, Now, default);
        Assert.Equal(Now.AddMinutes(1), (await NoteAsync())!.ExpiresAt);
        await _windows.WroteAsync(Person, Now, default);
        Assert.Equal(Now.AddHours(48), (await NoteAsync())!.ExpiresAt);
        await _windows.LeftAsync(Person, Now, default);
        Assert.Equal(Now.AddMinutes(10), (await NoteAsync())!.ExpiresAt);
    }

    private async Task BeginAsync(bool wrote, DateTimeOffset at) => await (wrote ? _windows.WroteAsync(Person, at, default) : _windows.ActedAsync(Person, at, default));

    private async Task<bool> TakeAsync() => await _windows.TryTakeAsync(Person, default);

    private async Task<int> TakeAllAsync()
    {
        var taken = 0;
        while (await TakeAsync())
        {
            taken++;
            Assert.InRange(taken, 1, 20);
        }

        return taken;
    }

    private async Task<bool> IsOpenAsync() => await NoteAsync() is { } note && ServiceWindows.IsOpen(note, Now);

    private async Task<ReachNote?> NoteAsync() => await _storage.Reach.FindAsync(Town.OfficialAccountAppId, ReachKeys.Window(Person));
}
