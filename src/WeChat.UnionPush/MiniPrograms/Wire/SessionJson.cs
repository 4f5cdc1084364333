using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads the answers of the sign-in calls, and decrypted open data.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter)], GenerationMode = JsonSourceGenerationMode.Metadata, MaxDepth = AnswerReader.MaxDepth)]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(OpenDataWire))]
internal sealed partial class SessionJson : JsonSerializerContext;
