using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

[JsonConverter(typeof(Reader))]
internal sealed class AccessTokenAnswer : ApiAnswer
{
    public string? AccessToken { get; set; }

    public long ExpiresIn { get; set; }

    public override string? FindMissing() => string.IsNullOrWhiteSpace(AccessToken) || ExpiresIn <= 0 ? "access_token and expires_in" : null;

    internal sealed class Reader : AnswerConverter<AccessTokenAnswer>
    {
        protected override AccessTokenAnswer Create() => new();

        protected override bool TryReadMember(ref Utf8JsonReader reader, AccessTokenAnswer answer)
        {
            if (reader.ValueTextEquals("access_token"u8))
            {
                reader.Read();
                answer.AccessToken = reader.TokenType is JsonTokenType.String or JsonTokenType.Null ? reader.GetString() : throw new JsonException();
            }
            else if (reader.ValueTextEquals("expires_in"u8))
            {
                reader.Read();
                answer.ExpiresIn = WholeInt64Converter.Read(ref reader);
            }
            else
            {
                return false;
            }

            return true;
        }
    }
}
