using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.Storage;

/// <summary>The keys of an <see cref="IReachJournal"/>.</summary>
internal static class ReachKeys
{
    /// <summary>How long a person may be sent customer service messages.</summary>
    public static string Window(string openId) => "window:" + openId;

    /// <summary>On which channel a message went out.</summary>
    /// <param name="hash">A hash of the recipient and the message's idempotency key.</param>
    public static string Message(string hash) => "message:" + hash;

    /// <summary>A QR code that waits to be scanned, or was scanned.</summary>
    /// <param name="hash">A hash of the secret in the code.</param>
    public static string Scene(string hash) => "scene:" + hash;

    /// <summary>Which code a Mini Program user asked for last.</summary>
    public static string Asked(string openId) => "asked:" + openId;

    /// <summary>The Official Account openid of a Mini Program user, as a scanned code told it.</summary>
    public static string Link(string openId) => "link:" + openId;

    /// <summary>Messages that wait until a Mini Program user follows.</summary>
    public static string Held(string openId) => "held:" + openId;

    /// <summary>An accepted message that goes on where it does not arrive.</summary>
    /// <param name="openId">Its recipient in the app that sent it.</param>
    /// <param name="messageId">What the platform calls it.</param>
    public static string Late(string openId, string messageId) => LateOf(openId) + messageId;

    /// <summary>How the keys of a person's accepted messages begin. A hash, because an event about one may come when the person is erased already.</summary>
    public static string LateOf(string openId) => $"late:{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(openId)).AsSpan(0, 16))}:";

    /// <summary>The same link from the other side.</summary>
    public static string Linked(string officialAccountOpenId) => "linked:" + officialAccountOpenId;

    /// <summary>Whether a message that is to go out once did.</summary>
    /// <param name="hash">A hash of the recipient and the message's idempotency key.</param>
    public static string Once(string hash) => "once:" + hash;
}
