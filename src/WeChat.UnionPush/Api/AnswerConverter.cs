using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>
/// Reads the answers that a process waits for before its first message has gone out. By hand, because the serializer has over a hundred methods compiled
/// for the first object it reads by its members.
/// </summary>
internal abstract class AnswerConverter<TAnswer> : JsonConverter<TAnswer>
    where TAnswer : ApiAnswer
{
    public override TAnswer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        var answer = Create();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("errcode"u8))
            {
                reader.Read();
                answer.Code = reader.TokenType == JsonTokenType.Null ? null : WholeInt32Converter.Read(ref reader);
            }
            else if (reader.ValueTextEquals("errmsg"u8))
            {
                reader.Read();
                answer.ErrorMessage = TextOrNumberConverter.Read(ref reader);
            }
            else if (!TryReadMember(ref reader, answer))
            {
                reader.Skip();
            }
        }

        return answer;
    }

    public override void Write(Utf8JsonWriter writer, TAnswer value, JsonSerializerOptions options) => throw new NotSupportedException();

    protected abstract TAnswer Create();

    /// <summary>Reads the member whose name the reader stands on, if it is one of this answer's. The reader stays there when it is not.</summary>
    protected abstract bool TryReadMember(ref Utf8JsonReader reader, TAnswer answer);
}
