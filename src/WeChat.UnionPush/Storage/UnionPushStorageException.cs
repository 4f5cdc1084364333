namespace WeChat.UnionPush.Storage;

/// <summary>
/// A store failed: its database cannot be reached, is locked, full or damaged, or has another schema version. The message
/// says what happened and what to do. The driver's exception is the <see cref="Exception.InnerException"/>. Nothing is half written.
/// </summary>
public sealed class UnionPushStorageException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="isTransient">Whether the same call may succeed later without anybody's intervention.</param>
    /// <param name="innerException">The driver's exception, if there is one.</param>
    public UnionPushStorageException(string message, bool isTransient, Exception? innerException = null)
        : base(message, innerException) => IsTransient = isTransient;

    /// <summary>Whether the same call may succeed later: the database is busy, restarting or out of reach.</summary>
    public bool IsTransient { get; }
}
