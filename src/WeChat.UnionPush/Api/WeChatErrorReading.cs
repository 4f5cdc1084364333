namespace WeChat.UnionPush;

/// <summary>What one error code says.</summary>
/// <param name="Class">What it asks for.</param>
/// <param name="Meaning">What it means, a phrase without a full stop.</param>
/// <param name="Advice">What to do, one sentence.</param>
internal sealed record WeChatErrorReading(WeChatErrorClass Class, string Meaning, string Advice);
