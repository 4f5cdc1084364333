using System.Globalization;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Why a run waits, for people.</summary>
internal static class BroadcastReasons
{
    /// <summary>How a reason begins that ends when the day's calls are counted anew.</summary>
    public const string QuotaBegins = "The day's calls are used up; it goes on at 00:00 China time, or when the counter is reset.";

    public const string QuietHours = "These are quiet hours.";

    public static string Quota(long used, long reserve) =>
        string.Create(CultureInfo.InvariantCulture, $"{QuotaBegins} {used} calls were made today, and {reserve} are kept for pushes to single persons.");
}
