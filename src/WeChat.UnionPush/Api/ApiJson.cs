using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads answers that say only whether the call was done, without reflection; numbers may come as strings.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter)], GenerationMode = JsonSourceGenerationMode.Metadata, MaxDepth = AnswerReader.MaxDepth)]
[JsonSerializable(typeof(DoneAnswer))]
internal sealed partial class ApiJson : JsonSerializerContext;
