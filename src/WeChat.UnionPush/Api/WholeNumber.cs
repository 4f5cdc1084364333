using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads whole numbers however a gateway or a language without integers writes them: <c>7200</c>, <c>"7200"</c>, <c>7200.0</c>, <c>7.2e3</c>.</summary>
internal static class WholeNumber
{
    /// <summary>The number that the reader stands on.</summary>
    /// <exception cref="JsonException">It is none, has a fraction, or is too large.</exception>
    public static long Read(ref Utf8JsonReader reader) => TryRead(ref reader, out var number) ? number : throw new JsonException();

    /// <summary>Reads the number that the reader stands on, and says whether it is one. The reader stays there.</summary>
    public static bool TryRead(ref Utf8JsonReader reader, out long number)
    {
        number = 0;
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return reader.TryGetInt64(out number) || (reader.TryGetDecimal(out var written) && IsWhole(written, out number));
            case JsonTokenType.String:
                var text = reader.HasValueSequence || reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
                return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out number)
                    || (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var quoted) && IsWhole(quoted, out number));
            default:
                return false;
        }
    }

    private static bool IsWhole(decimal value, out long number)
    {
        var isWhole = value is >= long.MinValue and <= long.MaxValue && decimal.Truncate(value) == value;
        number = isWhole ? (long)value : 0;
        return isWhole;
    }
}

/// <summary>Whole numbers of 64 bits; <c>null</c> in the place of one that cannot be missing is 0.</summary>
internal sealed class WholeInt64Converter : JsonConverter<long>
{
    public override bool HandleNull => true;

    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    public static long Read(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Null ? 0 : WholeNumber.Read(ref reader);

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>Whole numbers of 32 bits; <c>null</c> in the place of one that cannot be missing is 0.</summary>
internal sealed class WholeInt32Converter : JsonConverter<int>
{
    public override bool HandleNull => true;

    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    public static int Read(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Null ? 0 : WholeNumber.Read(ref reader) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>A whole number that is worth having and not worth losing the answer for: anything else in its place is nothing.</summary>
internal sealed class WholeNumberOrNothingConverter : JsonConverter<long?>
{
    public override long? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    public static long? Read(ref Utf8JsonReader reader)
    {
        if (WholeNumber.TryRead(ref reader, out var number))
        {
            return number;
        }

        reader.Skip();
        return null;
    }

    public override void Write(Utf8JsonWriter writer, long? value, JsonSerializerOptions options) => throw new NotSupportedException();
}
