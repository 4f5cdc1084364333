namespace WeChat.UnionPush;

/// <summary>
/// The host is stopping, so a send or sign-in was not begun: nothing reached the platform, a login code is not used up, and it can be done again when the
/// host runs.
/// </summary>
public sealed class UnionPushStoppingException : InvalidOperationException
{
    /// <summary>Makes the exception.</summary>
    public UnionPushStoppingException()
        : base("The host is stopping, so nothing new is sent and nobody signs in. Nothing reached WeChat; do it again when the host runs.")
    {
    }
}
