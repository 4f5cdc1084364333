namespace WeChat.UnionPush.Callbacks;

/// <summary>What a person chose about the messages of one subscription template.</summary>
/// <param name="TemplateId"><c>TemplateId</c>: id of the template.</param>
/// <param name="Status"><c>SubscribeStatusString</c>: <c>accept</c> or <c>reject</c>.</param>
/// <param name="PopupScene"><c>PopupScene</c>: where the question was shown, 0, 1 or 2; <see langword="null"/> where the event does not say.</param>
public sealed record SubscribeMessageChoice(string TemplateId, string Status, string? PopupScene)
{
    /// <summary>Whether the person accepts.</summary>
    public bool IsAccepted => Status.StartsWith("accept", StringComparison.OrdinalIgnoreCase);
}
