using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads the answers about QR codes.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(WholeInt32Converter)], GenerationMode = JsonSourceGenerationMode.Metadata, MaxDepth = AnswerReader.MaxDepth)]
[JsonSerializable(typeof(QrCodeAnswer))]
internal sealed partial class LinkJson : JsonSerializerContext;
