namespace WeChat.UnionPush;

/// <summary>The names of outcomes in metrics.</summary>
internal static class PushStatusNames
{
    public static string Name(this PushStatus status) => status switch
    {
        PushStatus.Sent => "sent",
        PushStatus.NotSignedIn => "not_signed_in",
        PushStatus.NotLinked => "not_linked",
        PushStatus.NotFollowing => "not_following",
        PushStatus.Refused => "refused",
        PushStatus.TooFrequent => "too_frequent",
        PushStatus.Duplicate => "duplicate",
        PushStatus.NotSubscribed => "not_subscribed",
        PushStatus.WindowClosed => "window_closed",
        PushStatus.Held => "held",
        _ => "unknown",
    };
}
