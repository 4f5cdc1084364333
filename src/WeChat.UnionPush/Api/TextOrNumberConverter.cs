using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads a text that some pages document as a number.</summary>
internal sealed class TextOrNumberConverter : JsonConverter<string?>
{
    // Texts that come with every answer or follower are interned, so that each exists once and not a million times.
    private static readonly (byte[] Utf8, string Text)[] Usual =
    [
        .. new[]
        {
            "", "ok", "0", "ADD_SCENE_SEARCH", "ADD_SCENE_QR_CODE", "ADD_SCENE_PROFILE_CARD", "ADD_SCENE_PROFILE_LINK", "ADD_SCENE_PROFILE_ITEM",
            "ADD_SCENE_ACCOUNT_MIGRATION", "ADD_SCENE_PAID", "ADD_SCENE_WECHAT_ADVERTISEMENT", "ADD_SCENE_OTHERS",
        }.Select(static text => (Encoding.UTF8.GetBytes(text), text)),
    ];

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => throw new NotSupportedException();

    public static string? Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return UsualText(ref reader) ?? reader.GetString();
            case JsonTokenType.Number:
                return UsualText(ref reader)
                    ?? (WholeNumber.TryRead(ref reader, out var number) ? number.ToString(CultureInfo.InvariantCulture) : null)
                    ?? Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
            default:
                reader.Skip();
                return null;
        }
    }

    private static string? UsualText(ref Utf8JsonReader reader)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            foreach (var (utf8, text) in Usual)
            {
                if (reader.ValueSpan.SequenceEqual(utf8))
                {
                    return text;
                }
            }
        }

        return null;
    }
}
