using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>What is sent and how, as the journal keeps it.</summary>
internal sealed record BroadcastContent
{
    public StoredMessage? Message { get; init; }

    public long QuotaReserve { get; init; }

    public TimeOnly? QuietFrom { get; init; }

    public TimeOnly? QuietTo { get; init; }

    public double StopAtFailureShare { get; init; }

    /// <summary>Whether the audience names people by UnionID.</summary>
    public bool IsByUnionId { get; init; }

    /// <summary>Whether the recipients' messages are of more than one template, which is known once it is planned.</summary>
    public bool HasManyTemplates { get; init; }

    /// <summary>Templates that the platform has stopped, and what it said. Their recipients wait while the others are sent to.</summary>
    public ImmutableDictionary<string, string> StoppedTemplates
    {
        get => field ?? ImmutableDictionary<string, string>.Empty;
        init;
    }

    /// <summary>For people; <see langword="null"/> where no template is stopped.</summary>
    [JsonIgnore]
    public string? StopReason => StoppedTemplates.IsEmpty ? null : string.Join(
        ' ', StoppedTemplates.Select(static stopped => $"The template {stopped.Key} is stopped, and whose message is of another one is sent to: {stopped.Value}"));

    public static string Write(Broadcast broadcast, bool hasManyTemplates = false) => Write(
        new BroadcastContent
        {
            Message = broadcast.Message is { } message ? StoredMessage.Of(message) : null,
            QuotaReserve = broadcast.QuotaReserve,
            QuietFrom = broadcast.QuietHours?.From,
            QuietTo = broadcast.QuietHours?.To,
            StopAtFailureShare = broadcast.StopAtFailureShare,
            IsByUnionId = broadcast.Audience.ByUnionId,
            HasManyTemplates = hasManyTemplates,
        });

    /// <exception cref="JsonException">It is no content of a broadcast.</exception>
    public static BroadcastContent Read(string json)
    {
        var content = JsonSerializer.Deserialize(json, BroadcastJson.Plain.BroadcastContent) ?? throw new JsonException("The content of a broadcast is null.");

        // A number that is too long for a double is read as infinity, with which nothing would stop the run, and which cannot be written again.
        return content.StopAtFailureShare is >= 0 and <= 1
            ? content
            : throw new JsonException(string.Create(
                CultureInfo.InvariantCulture, $"The content of a broadcast has a stopAtFailureShare of {content.StopAtFailureShare}, which is no share."));
    }

    /// <summary>A broadcast as it is when one of its templates is stopped.</summary>
    public static BroadcastRecord Stop(BroadcastRecord record, string templateId, string reason)
    {
        var content = Read(record.Content);
        content = content with { StoppedTemplates = content.StoppedTemplates.SetItem(templateId, reason) };
        return record with { Content = Write(content), Reason = content.StopReason };
    }

    /// <summary>A broadcast as it is when somebody has resumed it: all that held it back is tried again.</summary>
    public static BroadcastRecord Resume(BroadcastRecord record) => record with
    {
        State = BroadcastState.Running,
        WaitsUntil = null,
        Reason = null,
        Content = Write(Read(record.Content) with { StoppedTemplates = ImmutableDictionary<string, string>.Empty }),
    };

    private static string Write(BroadcastContent content) => JsonSerializer.Serialize(content, BroadcastJson.Plain.BroadcastContent);
}

/// <summary>Reads and writes what the journal keeps.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(BroadcastContent))]
[JsonSerializable(typeof(BroadcastReport))]
internal sealed partial class BroadcastJson : JsonSerializerContext
{
    /// <summary>With Chinese as it is, which takes half the room.</summary>
    public static BroadcastJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
    });
}
