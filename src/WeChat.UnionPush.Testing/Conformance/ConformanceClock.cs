namespace WeChat.UnionPush.Testing;

/// <summary>A clock that stands still until a case moves it.</summary>
internal sealed class ConformanceClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 3, 1, 4, 5, 6, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
