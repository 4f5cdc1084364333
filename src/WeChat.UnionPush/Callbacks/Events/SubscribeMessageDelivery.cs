namespace WeChat.UnionPush.Callbacks;

/// <summary>What became of a subscribe message.</summary>
/// <param name="TemplateId"><c>TemplateId</c>: id of its template.</param>
/// <param name="MessageId"><c>MsgID</c>: the platform's id of the message, or <see langword="null"/>.</param>
/// <param name="ErrorCode"><c>ErrorCode</c>: 0 when it arrived; <see langword="null"/> where the event does not say.</param>
/// <param name="ErrorStatus"><c>ErrorStatus</c>: the platform's words, such as <c>success</c>.</param>
public sealed record SubscribeMessageDelivery(string TemplateId, long? MessageId, int? ErrorCode, string ErrorStatus);
