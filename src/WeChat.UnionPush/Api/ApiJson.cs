using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>The wire records of every API, read without reflection; numbers may come as strings.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowReadingFromString, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(DoneAnswer))]
[JsonSerializable(typeof(AccessTokenAnswer))]
[JsonSerializable(typeof(FollowerPageAnswer))]
[JsonSerializable(typeof(FollowerPageData))]
[JsonSerializable(typeof(FollowerAnswer))]
[JsonSerializable(typeof(FollowerBatchAnswer))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(OpenDataWire))]
[JsonSerializable(typeof(MessageAnswer))]
[JsonSerializable(typeof(QuotaAnswer))]
[JsonSerializable(typeof(RequestAnswer))]
[JsonSerializable(typeof(CallbackCheckAnswer))]
[JsonSerializable(typeof(AddressesAnswer))]
[JsonSerializable(typeof(TemplateListAnswer))]
[JsonSerializable(typeof(TemplateAddAnswer))]
[JsonSerializable(typeof(IndustryAnswer))]
[JsonSerializable(typeof(BlockedAnswer))]
[JsonSerializable(typeof(BlockedWire))]
internal sealed partial class ApiJson : JsonSerializerContext;
