using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush.Testing;

/// <summary>Reads JSON without reflection.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class PlatformJson : JsonSerializerContext;
