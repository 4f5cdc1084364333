using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>
/// How long, and for how many messages, people may be sent customer service messages: five within 48 hours of a message, three within a minute of a follow,
/// a scan or a click in the menu. Known from the callback's events, over all machines that share the store.
/// </summary>
internal sealed class ServiceWindows(string appId, IReachJournal journal, TimeProvider time)
{
    private static readonly TimeSpan AfterMessage = TimeSpan.FromHours(48);
    private static readonly TimeSpan AfterAction = TimeSpan.FromMinutes(1);

    // For as long as the event of something that happened before may still come.
    private static readonly TimeSpan RemembersLeaveFor = TimeSpan.FromMinutes(10);

    /// <summary>The person wrote a message.</summary>
    public ValueTask WroteAsync(string openId, DateTimeOffset at, CancellationToken cancellationToken) =>
        ChangeAsync(openId, windows => at <= windows.LeftAt ? windows : windows with { Message = windows.Message.Renewed(at + AfterMessage, 5) }, cancellationToken);

    /// <summary>The person followed, scanned a code or used the menu.</summary>
    public ValueTask ActedAsync(string openId, DateTimeOffset at, CancellationToken cancellationToken) =>
        ChangeAsync(openId, windows => at <= windows.LeftAt ? windows : windows with { Action = windows.Action.Renewed(at + AfterAction, 3) }, cancellationToken);

    /// <summary>The person stopped following, which ends what was open by then: also where its event comes later than this one.</summary>
    public ValueTask LeftAsync(string openId, DateTimeOffset at, CancellationToken cancellationToken) => ChangeAsync(
        openId,
        windows => at <= windows.LeftAt ? windows : new(
            windows.Message.Until > at + AfterMessage ? windows.Message : Window.Closed,
            windows.Action.Until > at + AfterAction ? windows.Action : Window.Closed,
            at),
        cancellationToken);

    /// <summary>Whether a note says that a message may be sent.</summary>
    public static bool IsOpen(ReachNote note, DateTimeOffset now) => Windows.Read(note.Value) is var windows && (windows.Action.IsOpen(now) || windows.Message.IsOpen(now));

    /// <summary>Nothing can be sent any more.</summary>
    public ValueTask CloseAsync(string openId, CancellationToken cancellationToken) => journal.DeleteAsync(appId, [ReachKeys.Window(openId)], cancellationToken);

    /// <summary>Takes one message; false where none may be sent.</summary>
    public async ValueTask<bool> TryTakeAsync(string openId, CancellationToken cancellationToken)
    {
        var taken = false;
        await ChangeAsync(
            openId,
            windows =>
            {
                var now = time.GetUtcNow();
                taken = windows.Action.IsOpen(now) || windows.Message.IsOpen(now);
                return windows.Action.IsOpen(now) ? windows with { Action = windows.Action.Plus(-1) }
                    : windows.Message.IsOpen(now) ? windows with { Message = windows.Message.Plus(-1) }
                    : windows;
            },
            cancellationToken).ConfigureAwait(false);
        return taken;
    }

    private async ValueTask ChangeAsync(string openId, Func<Windows, Windows> change, CancellationToken cancellationToken)
    {
        var key = ReachKeys.Window(openId);
        while (true)
        {
            var note = await journal.FindAsync(appId, key, cancellationToken).ConfigureAwait(false);
            var before = Windows.Read(note?.Value);
            var after = change(before);
            if (after == before
                || await journal.TryWriteAsync(appId, key, note, after.ToString(), after.End, cancellationToken).ConfigureAwait(false) is not null)
            {
                return;
            }
        }
    }

    private readonly record struct Window(DateTimeOffset Until, int Left)
    {
        public static Window Closed => new(DateTimeOffset.UnixEpoch, 0);

        public bool IsOpen(DateTimeOffset now) => Left > 0 && Until > now;

        public Window Plus(int messages) => this with { Left = Left + messages };

        /// <summary>An event that comes late, or twice, renews nothing.</summary>
        public Window Renewed(DateTimeOffset until, int messages) => until > Until ? new(until, messages) : this;
    }

    private readonly record struct Windows(Window Message, Window Action, DateTimeOffset LeftAt)
    {
        public DateTimeOffset End => new[] { Message.Until, Action.Until, LeftAt + RemembersLeaveFor }.Max();

        public static Windows Read(string? text) =>
            text?.Split(' ') is [var messageUntil, var messageLeft, var actionUntil, var actionLeft, var leftAt]
                ? new(new(Time(messageUntil), Number(messageLeft)), new(Time(actionUntil), Number(actionLeft)), Time(leftAt))
                : new(Window.Closed, Window.Closed, DateTimeOffset.UnixEpoch);

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{Message.Until.ToUnixTimeMilliseconds()} {Message.Left} {Action.Until.ToUnixTimeMilliseconds()} {Action.Left} {LeftAt.ToUnixTimeMilliseconds()}");

        private static DateTimeOffset Time(string text) => DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(text, CultureInfo.InvariantCulture));

        private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}
