namespace WeChat.UnionPush.Storage;

/// <summary>Where a broadcast stands.</summary>
public enum BroadcastState
{
    /// <summary>Its recipients are being written down. Nothing is sent yet.</summary>
    Planning = 0,

    /// <summary>It is sent by every process that takes part. It may wait for a while, such as for the next day's quota.</summary>
    Running,

    /// <summary>Somebody paused it. It goes on when it is resumed.</summary>
    Paused,

    /// <summary>It stopped by itself because something has to be mended, such as the IP whitelist. It goes on when it is resumed.</summary>
    Stopped,

    /// <summary>Somebody cancelled it. Who has not been sent to is not sent to any more.</summary>
    Cancelled,

    /// <summary>Every recipient has an outcome.</summary>
    Finished,
}
