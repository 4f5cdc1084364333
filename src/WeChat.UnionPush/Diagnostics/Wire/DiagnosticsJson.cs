using System.Text.Json.Serialization;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>Reads the answers of the operator's calls.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter)], GenerationMode = JsonSourceGenerationMode.Metadata, MaxDepth = AnswerReader.MaxDepth)]
[JsonSerializable(typeof(QuotaAnswer))]
[JsonSerializable(typeof(RequestAnswer))]
[JsonSerializable(typeof(CallbackCheckAnswer))]
[JsonSerializable(typeof(AddressesAnswer))]
internal sealed partial class DiagnosticsJson : JsonSerializerContext;
