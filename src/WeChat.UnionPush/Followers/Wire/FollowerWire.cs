using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>
/// What the platform tells of one follower. Read by hand: a first sync reads millions, and the serializer takes half as long again and an object for
/// each.
/// </summary>
internal struct FollowerWire
{
    /// <summary><see langword="null"/> when it is missing or blank.</summary>
    public string? OpenId { get; private set; }

    /// <summary>Trimmed, since the platform's own sample shows a leading blank; <see langword="null"/> when there is none.</summary>
    public string? UnionId { get; private set; }

    public bool Subscribes { get; private set; }

    public long SubscribeTime { get; private set; }

    public readonly DateTimeOffset? SubscribedAt =>
        SubscribeTime > 0 && SubscribeTime <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(SubscribeTime) : null;

    public string? SubscribeScene { get; private set; }

    public string? Remark { get; private set; }

    public List<int>? TagIds { get; private set; }

    public string? QrScene { get; private set; }

    public string? QrSceneText { get; private set; }

    /// <summary>Of a follower whom a source of the host's own told, what a walk wants to know.</summary>
    public static FollowerWire From(Follower follower) => new()
    {
        OpenId = follower.OpenId,
        UnionId = follower.UnionId?.Trim() is { Length: > 0 } unionId ? unionId : null,
        Subscribes = follower.IsFollowing,
        SubscribeTime = follower.SubscribedAt?.ToUnixTimeSeconds() ?? 0,
    };

    /// <summary>Reads the object that the reader stands on.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="answer">Takes what every answer may carry, where the object is one.</param>
    public static FollowerWire Read(ref Utf8JsonReader reader, ApiAnswer? answer)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        var follower = default(FollowerWire);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.HasValueSequence || reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
            reader.Read();
            switch (name.Length)
            {
                case 6 when name.SequenceEqual("openid"u8):
                    follower.OpenId = IdIn(ref reader) is { } openId && !string.IsNullOrWhiteSpace(openId) ? openId : null;
                    break;
                case 6 when name.SequenceEqual("remark"u8):
                    follower.Remark = TextOrNumberConverter.Read(ref reader);
                    break;
                case 6 when answer is not null && name.SequenceEqual("errmsg"u8):
                    answer.ErrorMessage = TextOrNumberConverter.Read(ref reader);
                    break;
                case 7 when name.SequenceEqual("unionid"u8):
                    follower.UnionId = IdIn(ref reader)?.Trim() is { Length: > 0 } unionId ? unionId : null;
                    break;
                case 7 when answer is not null && name.SequenceEqual("errcode"u8):
                    answer.Code = reader.TokenType == JsonTokenType.Null ? null : SmallNumberIn(ref reader);
                    break;
                case 8 when name.SequenceEqual("qr_scene"u8):
                    follower.QrScene = TextOrNumberConverter.Read(ref reader);
                    break;
                case 9 when name.SequenceEqual("subscribe"u8):
                    follower.Subscribes = WholeNumber.Read(ref reader) != 0;
                    break;
                case 10 when name.SequenceEqual("tagid_list"u8):
                    follower.TagIds = NumbersIn(ref reader);
                    break;
                case 12 when name.SequenceEqual("qr_scene_str"u8):
                    follower.QrSceneText = TextOrNumberConverter.Read(ref reader);
                    break;
                case 14 when name.SequenceEqual("subscribe_time"u8):
                    follower.SubscribeTime = reader.TokenType == JsonTokenType.Null ? 0 : WholeNumber.Read(ref reader);
                    break;
                case 15 when name.SequenceEqual("subscribe_scene"u8):
                    follower.SubscribeScene = TextOrNumberConverter.Read(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return follower;
    }

    // Who somebody is must be a text; anything else taken for nothing would make a stranger of them.
    private static string? IdIn(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.String or JsonTokenType.Null ? reader.GetString() : throw new JsonException();

    private static int SmallNumberIn(ref Utf8JsonReader reader) =>
        WholeNumber.Read(ref reader) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw new JsonException();

    private static List<int>? NumbersIn(ref Utf8JsonReader reader)
    {
        List<int>? numbers = null;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return numbers;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            (numbers ??= []).Add(SmallNumberIn(ref reader));
        }

        return numbers;
    }
}

/// <summary>A follower who is a whole answer.</summary>
internal sealed class FollowerAnswerConverter : JsonConverter<FollowerAnswer>
{
    public override FollowerAnswer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var answer = new FollowerAnswer();
        answer.Follower = FollowerWire.Read(ref reader, answer);
        return answer;
    }

    public override void Write(Utf8JsonWriter writer, FollowerAnswer value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>The followers of a batch. A null among them is one without an openid.</summary>
internal sealed class FollowersConverter : JsonConverter<List<FollowerWire>?>
{
    private const int Few = 4;

    public override List<FollowerWire> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        // A batch's size at once, but only for more than a few: an answer may have the member as often as it likes.
        var followers = new List<FollowerWire>(Few);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (followers.Count == Few)
            {
                followers.EnsureCapacity(FollowerSource.BatchSize);
            }

            followers.Add(reader.TokenType == JsonTokenType.Null ? default : FollowerWire.Read(ref reader, answer: null));
        }

        return followers;
    }

    public override void Write(Utf8JsonWriter writer, List<FollowerWire>? value, JsonSerializerOptions options) => throw new NotSupportedException();
}
