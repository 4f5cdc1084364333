using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads a value that may be an array, a single object, or absent.</summary>
internal sealed class OneOrManyConverter<T> : JsonConverter<List<T>?>
    where T : class
{
    public override List<T>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var type = options.GetTypeInfo(typeof(T));
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return [(T)JsonSerializer.Deserialize(ref reader, type)!];
            case JsonTokenType.StartArray:
                var list = new List<T>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (JsonSerializer.Deserialize(ref reader, type) is T item)
                    {
                        list.Add(item);
                    }
                }

                return list;
            default:
                reader.Skip();
                return null;
        }
    }

    public override void Write(Utf8JsonWriter writer, List<T>? value, JsonSerializerOptions options) => throw new NotSupportedException();
}
