namespace WeChat.UnionPush.Testing;

/// <summary>An access token that the platform has issued, and its state.</summary>
internal sealed class IssuedToken(SimulatedApp app, string text, DateTimeOffset expiresAt)
{
    // Ticks and a code instead of richer types, because business calls read them without a lock while another thread revokes the token.
    private long _expiresAt = expiresAt.UtcTicks;
    private long _revokedAt = long.MaxValue;
    private int _refusedWith;

    public SimulatedApp App { get; } = app;

    public string Text { get; } = text;

    public DateTimeOffset ExpiresAt
    {
        get => new(Volatile.Read(ref _expiresAt), TimeSpan.Zero);
        set => Volatile.Write(ref _expiresAt, value.UtcTicks);
    }

    public void RevokeAt(DateTimeOffset moment)
    {
        if (moment.UtcTicks < Volatile.Read(ref _revokedAt))
        {
            Volatile.Write(ref _revokedAt, moment.UtcTicks);
        }
    }

    public void RefuseWith(int errorCode) => Volatile.Write(ref _refusedWith, errorCode);

    public int Check(DateTimeOffset now) =>
        Volatile.Read(ref _refusedWith) is not 0 and var code ? code
        : now.UtcTicks >= Volatile.Read(ref _expiresAt) ? 42001
        : now.UtcTicks >= Volatile.Read(ref _revokedAt) ? 40001
        : 0;
}
