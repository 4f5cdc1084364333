using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads the answers of the template calls.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter)], GenerationMode = JsonSourceGenerationMode.Metadata, MaxDepth = AnswerReader.MaxDepth)]
[JsonSerializable(typeof(MessageAnswer))]
[JsonSerializable(typeof(TemplateListAnswer))]
[JsonSerializable(typeof(TemplateAddAnswer))]
[JsonSerializable(typeof(IndustryAnswer))]
[JsonSerializable(typeof(BlockedAnswer))]
[JsonSerializable(typeof(BlockedWire))]
internal sealed partial class TemplateJson : JsonSerializerContext;
