namespace WeChat.UnionPush.Testing;

/// <summary>A QR code with a parameter (带参数二维码) of an Official Account.</summary>
public sealed class SimulatedQrCode
{
    internal SimulatedQrCode(string ticket, string url, string scene, DateTimeOffset createdAt, DateTimeOffset? expiresAt)
    {
        Ticket = ticket;
        Url = url;
        Scene = scene;
        CreatedAt = createdAt;
        ExpiresAt = expiresAt;
    }

    /// <summary>The ticket that fetches the picture.</summary>
    public string Ticket { get; }

    /// <summary>What the picture says: an address at <c>weixin.qq.com</c>.</summary>
    public string Url { get; }

    /// <summary>The parameter: <c>scene_str</c>, or <c>scene_id</c> as text.</summary>
    public string Scene { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>Until when it can be scanned; <see langword="null"/> for a permanent one.</summary>
    public DateTimeOffset? ExpiresAt { get; }
}
