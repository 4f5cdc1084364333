namespace WeChat.UnionPush;

/// <summary>
/// A refusal of the credentials, remembered for a while, but only as long as the secret does not change. A class, not a record: a record prints its
/// members, and one of them is a secret.
/// </summary>
internal sealed class CredentialsRefusal(WeChatApiException failure, string? secret, DateTimeOffset until)
{
    public WeChatApiException Failure => failure;

    public bool Stands(string? currentSecret, DateTimeOffset now) => now < until && string.Equals(secret, currentSecret, StringComparison.Ordinal);
}
