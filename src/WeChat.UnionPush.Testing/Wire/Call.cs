using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace WeChat.UnionPush.Testing;

/// <summary>One request that the platform handles, with the methods to answer it.</summary>
internal sealed class Call(SimulatedPlatform platform, Route route, WireRequest request, DateTimeOffset now)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Dictionary<string, string> _query = ParseQuery(request.Address.Query);

    public SimulatedPlatform Platform { get; } = platform;

    public Route Route { get; } = route;

    public WireRequest Request { get; } = request;

    public byte[] Body => Request.Body;

    public DateTimeOffset Now { get; } = now;

    public SimulatedApp? App { get; set; }

    public SimulatedOfficialAccount OfficialAccount => App!.OfficialAccount!;

    public SimulatedMiniProgram MiniProgram => App!.MiniProgram!;

    /// <summary>A parameter of the query, or null when it is missing or empty.</summary>
    public string? Query(string name) => _query.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>Parses the body as strictly as the platform may; answers null or the refusal.</summary>
    public Answer? ReadJson(out JsonElement root)
    {
        root = default;
        if (Body.Length == 0)
        {
            return Refuse(44002);
        }

        if (!Utf8.IsValid(Body))
        {
            return Refuse(47001);
        }

        try
        {
            var reader = new Utf8JsonReader(Body);
            root = JsonElement.ParseValue(ref reader);
            if (reader.Read())
            {
                return Refuse(47001);
            }
        }
        catch (JsonException)
        {
            return Refuse(47001);
        }

        return root.ValueKind != JsonValueKind.Object ? Refuse(47001)
            : !Platform.AcceptsUnicodeEscapes && HasNeedlessEscape(Body) ? Refuse(47002)
            : null;
    }

    public Answer Write<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            write(json, state);
            json.WriteEndObject();
        }

        return new Answer(buffer.WrittenSpan.ToArray()) { ContentType = Route.ContentType };
    }

    public Answer WriteOk<TState>(TState state, Action<Utf8JsonWriter, TState> write) => Write((state, write), static (json, inner) =>
    {
        json.WriteNumber("errcode", 0);
        json.WriteString("errmsg", "ok");
        inner.write(json, inner.state);
    });

    public Answer Refuse(int code, string? text = null)
    {
        var rid = Platform.NextRequestId(Now);
        var answer = Write((code, Text: $"{text ?? PlatformRules.TextOf(code)} rid: {rid}"), static (json, state) =>
        {
            json.WriteNumber("errcode", state.code);
            json.WriteString("errmsg", state.Text);
        }) with
        { ErrorCode = code };
        if (App is not null)
        {
            Platform.RequestIds.Add(rid, this, answer);
        }

        return answer;
    }

    /// <summary>The text of a string member, or null when it is missing or has another type.</summary>
    public static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    // The body is valid JSON here, so a backslash is inside a string and begins an escape sequence.
    private static bool HasNeedlessEscape(ReadOnlySpan<byte> body)
    {
        while (body.IndexOf((byte)'\\') is >= 0 and var position)
        {
            if (body[position + 1] == (byte)'u')
            {
                var character = int.Parse(Encoding.ASCII.GetString(body.Slice(position + 2, 4)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                if (character is >= ' ' and not '"' and not '\\')
                {
                    return true;
                }
            }

            body = body[(position + 2)..];
        }

        return false;
    }

    private static Dictionary<string, string> ParseQuery(string query)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (pair, "") : (pair[..equals], pair[(equals + 1)..]);
            parameters.TryAdd(Decode(name), Decode(value));
        }

        return parameters;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
