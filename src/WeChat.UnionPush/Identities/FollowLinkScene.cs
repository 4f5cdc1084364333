using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>A QR code that a Mini Program user asked for, as the store keeps it. The secret in the code is not among it.</summary>
internal sealed record FollowLinkScene
{
    /// <summary>How the scene in a code begins, by which an event's code is known as one of these.</summary>
    public const string Prefix = "unionpush-";

    [JsonPropertyName("a")]
    public required string MiniProgramAppId { get; init; }

    [JsonPropertyName("u")]
    public required string OpenId { get; init; }

    /// <summary>Until when it may be scanned, in milliseconds since 1970.</summary>
    [JsonPropertyName("e")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required long ExpiresAt { get; init; }

    /// <summary>Hash of the openid in the Official Account of who scanned it first, or null. A stranger who scanned it may be erased, and is not found by the code.</summary>
    [JsonPropertyName("f")]
    public string? FollowerHash { get; init; }

    /// <summary>Whether the one who scanned it was not linked.</summary>
    [JsonPropertyName("r")]
    public bool IsRefused { get; init; }

    /// <exception cref="JsonException">It is no scene.</exception>
    public static FollowLinkScene Read(string json) =>
        JsonSerializer.Deserialize(json, FollowLinkJson.Default.FollowLinkScene) ?? throw new JsonException("A stored scene is null.");

    public string Write() => JsonSerializer.Serialize(this, FollowLinkJson.Default.FollowLinkScene);
}

/// <summary>Reads and writes what is kept of QR codes.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(FollowLinkScene))]
internal sealed partial class FollowLinkJson : JsonSerializerContext;
