namespace WeChat.UnionPush;

/// <summary>
/// A store could not do what it was asked: its database cannot be reached, is locked, full, of another schema version or damaged. The message
/// says what happened and what to do; the driver's own exception is the <see cref="Exception.InnerException"/>. Nothing is half written.
/// </summary>
public sealed class UnionPushStorageException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="isTransient">Whether the same call may succeed later with nothing changed by a human.</param>
    /// <param name="innerException">The driver's exception, if there is one.</param>
    public UnionPushStorageException(string message, bool isTransient, Exception? innerException = null)
        : base(message, innerException) => IsTransient = isTransient;

    /// <summary>Whether the same call may succeed later by itself: the database is busy, restarting or out of reach.</summary>
    public bool IsTransient { get; }
}
