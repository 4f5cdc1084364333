using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush.Simulator;

/// <summary>How everything is written and read, without reflection.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Seed))]
[JsonSerializable(typeof(StateView))]
[JsonSerializable(typeof(ClockView))]
[JsonSerializable(typeof(ClockRequest))]
[JsonSerializable(typeof(PeopleView))]
[JsonSerializable(typeof(PersonRequest))]
[JsonSerializable(typeof(PersonView))]
[JsonSerializable(typeof(ActionRequest))]
[JsonSerializable(typeof(ActionView))]
[JsonSerializable(typeof(MessagesView))]
[JsonSerializable(typeof(CallsView))]
[JsonSerializable(typeof(CallbacksView))]
[JsonSerializable(typeof(IReadOnlyList<CredentialsView>))]
[JsonSerializable(typeof(PreviewRequest))]
[JsonSerializable(typeof(PreviewView))]
[JsonSerializable(typeof(TestSendRequest))]
[JsonSerializable(typeof(IReadOnlyList<QuotaView>))]
[JsonSerializable(typeof(Dictionary<string, QuotaRequest>))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(QrCodeRequest))]
[JsonSerializable(typeof(IReadOnlyList<QrCodeView>))]
[JsonSerializable(typeof(IReadOnlyList<FaultView>))]
[JsonSerializable(typeof(FaultView))]
[JsonSerializable(typeof(FaultRequest))]
[JsonSerializable(typeof(SecretRequest))]
[JsonSerializable(typeof(ProblemView))]
[JsonSerializable(typeof(CallEntry))]
[JsonSerializable(typeof(CallbackEntry))]
[JsonSerializable(typeof(MessageEntry))]
[JsonSerializable(typeof(CallbackRequest))]
[JsonSerializable(typeof(AppView))]
[JsonSerializable(typeof(SeedTemplate))]
[JsonSerializable(typeof(AppSwitches))]
internal sealed partial class SimulatorJson : JsonSerializerContext
{
    private static SimulatorJson? _readable;

    /// <summary>As <c>Default</c>, with text as it is: people read these answers.</summary>
    public static SimulatorJson Readable => _readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
