namespace WeChat.UnionPush.Diagnostics;

/// <summary>What an examination came to.</summary>
public enum DoctorVerdict
{
    /// <summary>As it should be.</summary>
    Ok = 0,

    /// <summary>Could not be examined, or need not be: the message says why.</summary>
    Skipped,

    /// <summary>Works, and somebody should look at it.</summary>
    Warning,

    /// <summary>Keeps messages from arriving until it is mended.</summary>
    Failed,
}
