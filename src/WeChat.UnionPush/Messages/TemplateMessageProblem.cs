namespace WeChat.UnionPush;

/// <summary>One thing that is wrong with a template message, before it is sent.</summary>
/// <param name="Key">The field's key, such as <c>thing1</c>; for a missing key, the key that is missing.</param>
/// <param name="Rule">The rule that is broken.</param>
/// <param name="Severity">Whether the problem stops the send.</param>
/// <param name="Length">Length of the value in characters as the platform counts them (one for a Chinese character or an emoji's code point); 0 for a missing key.</param>
/// <param name="Message">What is wrong, in words. It does not quote the value, which may be personal.</param>
/// <param name="Suggestion">A value that would fit, or the key that was probably meant; <see langword="null"/> where there is none.</param>
public sealed record TemplateMessageProblem(
    string Key,
    TemplateMessageRule Rule,
    TemplateProblemSeverity Severity,
    int Length,
    string Message,
    string? Suggestion = null);
