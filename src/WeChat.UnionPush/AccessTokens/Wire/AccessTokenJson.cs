using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads the answers of the token calls.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter)], GenerationMode = JsonSourceGenerationMode.Metadata, MaxDepth = AnswerReader.MaxDepth)]
[JsonSerializable(typeof(AccessTokenAnswer))]
internal sealed partial class AccessTokenJson : JsonSerializerContext;
