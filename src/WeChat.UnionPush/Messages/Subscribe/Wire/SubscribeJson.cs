using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads the answers of the subscribe calls.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter)], GenerationMode = JsonSourceGenerationMode.Metadata, MaxDepth = AnswerReader.MaxDepth)]
[JsonSerializable(typeof(SubscribeSendAnswer))]
[JsonSerializable(typeof(SubscribeTemplateListAnswer))]
[JsonSerializable(typeof(SubscribeTemplateWire))]
[JsonSerializable(typeof(SubscribeTemplateAddAnswer))]
[JsonSerializable(typeof(SubscribeCategoriesAnswer))]
[JsonSerializable(typeof(SubscribeCategoryWire))]
[JsonSerializable(typeof(SubscribeLibraryAnswer))]
[JsonSerializable(typeof(SubscribeLibraryWire))]
[JsonSerializable(typeof(SubscribeKeywordsAnswer))]
[JsonSerializable(typeof(SubscribeKeywordWire))]
internal sealed partial class SubscribeJson : JsonSerializerContext;
