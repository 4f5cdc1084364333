namespace WeChat.UnionPush.Testing;

/// <summary>What one attempt of a push was answered: HTTP status and body, or, without a status, what went wrong in short; and what is wrong with it.</summary>
internal readonly record struct PushAnswer(int? Status, string? Text, string? Failure);
