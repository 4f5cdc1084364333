using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

internal sealed class AccessTokenAnswer : ApiAnswer
{
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; set; }

    [JsonPropertyName("expires_in")]
    public long ExpiresIn { get; set; }

    public override string? FindMissing() => string.IsNullOrWhiteSpace(AccessToken) || ExpiresIn <= 0 ? "access_token and expires_in" : null;
}
