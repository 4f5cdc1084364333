using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

[JsonConverter(typeof(Reader))]
internal sealed class MessageAnswer : ApiAnswer
{
    /// <summary><see langword="null"/> where it is missing or cannot be read: the message was accepted all the same.</summary>
    public long? MessageId { get; set; }

    // A code that says 0 is the platform's word; without it and without an id it could be anybody's JSON.
    public override string? FindMissing() => MessageId is null && Code is null ? "msgid" : null;

    internal sealed class Reader : AnswerConverter<MessageAnswer>
    {
        protected override MessageAnswer Create() => new();

        protected override bool TryReadMember(ref Utf8JsonReader reader, MessageAnswer answer)
        {
            if (!reader.ValueTextEquals("msgid"u8))
            {
                return false;
            }

            reader.Read();
            answer.MessageId = WholeNumberOrNothingConverter.Read(ref reader);
            return true;
        }
    }
}
