using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>Reads the answers of the follower calls.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter)], GenerationMode = JsonSourceGenerationMode.Metadata, MaxDepth = AnswerReader.MaxDepth)]
[JsonSerializable(typeof(FollowerPageAnswer))]
[JsonSerializable(typeof(FollowerPageData))]
[JsonSerializable(typeof(FollowerAnswer))]
[JsonSerializable(typeof(FollowerBatchAnswer))]
internal sealed partial class FollowerJson : JsonSerializerContext;
