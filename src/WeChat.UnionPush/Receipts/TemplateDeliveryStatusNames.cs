namespace WeChat.UnionPush;

/// <summary>How the outcomes of accepted messages are called in metrics.</summary>
internal static class TemplateDeliveryStatusNames
{
    public static string Name(this TemplateDeliveryStatus status) => status switch
    {
        TemplateDeliveryStatus.Delivered => "delivered",
        TemplateDeliveryStatus.UserBlocked => "user_blocked",
        TemplateDeliveryStatus.SystemFailed => "system_failed",
        TemplateDeliveryStatus.FrequencyLimited => "frequency_limited",
        _ => "other",
    };
}
