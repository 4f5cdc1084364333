using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.StandIn.Wire;

/// <summary>Reads a request's JSON and tells what the platform would not like about its bytes.</summary>
internal static class BodyReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The body, or null when it is no JSON object.</summary>
    public static JsonElement? Read(WireRequest request, Action<string> complain)
    {
        var type = request.Header("Content-Type").FirstOrDefault();
        if (type is null || !(type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Replace(" ", "", StringComparison.Ordinal).Equals("application/json;charset=utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            complain($"{request.Path}: the Content-Type is {type ?? "missing"}, not application/json.");
        }

        var body = request.Body;
        if (body.AsSpan().StartsWith("\uFEFF"u8))
        {
            complain($"{request.Path}: the body begins with a byte order mark.");
            body = body[3..];
        }

        string text;
        try
        {
            text = Strict.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            complain($"{request.Path}: the body is not UTF-8.");
            return null;
        }

        if (text.Contains('\uFFFD', StringComparison.Ordinal))
        {
            complain($"{request.Path}: the body has a replacement character, so a text was damaged on its way.");
        }

        CheckEscapes(request, text, complain);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                CheckNulls(request, document.RootElement, "", complain);
                return document.RootElement.Clone();
            }

            complain($"{request.Path}: the body is JSON, but no object.");
        }
        catch (JsonException exception)
        {
            complain($"{request.Path}: the body is no JSON with each member once: {exception.Message}");
        }

        return null;
    }

    /// <summary>Complains about members that are missing, unknown or of another kind. A name with a question mark may be missing.</summary>
    public static bool Check(WireRequest request, JsonElement value, string where, Action<string> complain, params ReadOnlySpan<(string Name, JsonValueKind Kind)> members)
    {
        var fine = true;
        if (value.ValueKind != JsonValueKind.Object)
        {
            complain($"{request.Path}: {where} is no object.");
            return false;
        }

        var known = new HashSet<string>();
        foreach (var (nameOrOptional, kind) in members)
        {
            var name = nameOrOptional.TrimEnd('?');
            known.Add(name);
            if (!value.TryGetProperty(name, out var member))
            {
                if (name == nameOrOptional)
                {
                    complain($"{request.Path}: {where} has no {name}.");
                    fine = false;
                }
            }
            else if (member.ValueKind != kind && !(kind == JsonValueKind.True && member.ValueKind == JsonValueKind.False))
            {
                complain($"{request.Path}: {name} in {where} is {member.ValueKind}, not {kind}.");
                fine = false;
            }
            else if (kind == JsonValueKind.String && member.GetString() is "")
            {
                complain($"{request.Path}: {name} in {where} is empty; what is not wanted is left out.");
            }
        }

        foreach (var member in value.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                complain($"{request.Path}: {where} has a member {member.Name}, which the platform does not know.");
            }
        }

        return fine;
    }

    private static void CheckEscapes(WireRequest request, string text, Action<string> complain)
    {
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                continue;
            }

            // Only control characters have no other way into JSON.
            if (text[i + 1] == 'u'
                && (i + 6 > text.Length || !int.TryParse(text.AsSpan(i + 2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code) || code >= ' '))
            {
                complain($"{request.Path}: the body writes a character as {text.AsSpan(i, Math.Min(6, text.Length - i))} and not as it is.");
                return;
            }

            if (text[i + 1] == '/')
            {
                complain($"{request.Path}: the body escapes a slash.");
            }

            i++;
        }
    }

    private static void CheckNulls(WireRequest request, JsonElement value, string name, Action<string> complain)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                complain($"{request.Path}: {name} is null; what is not wanted is left out.");
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    CheckNulls(request, member.Value, member.Name, complain);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    CheckNulls(request, item, name, complain);
                }

                break;
        }
    }
}
