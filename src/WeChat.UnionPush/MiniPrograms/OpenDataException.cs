namespace WeChat.UnionPush;

/// <summary>Open data that cannot be trusted: it does not decrypt with this session key, is not this Mini Program's, or its signature is wrong.</summary>
/// <param name="message">What is wrong and what to do; shows nothing of the data.</param>
/// <param name="innerException">The failure beneath, if any.</param>
public sealed class OpenDataException(string message, Exception? innerException = null) : Exception(message, innerException);
