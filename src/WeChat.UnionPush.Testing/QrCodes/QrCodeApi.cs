using System.Globalization;
using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>QR codes with a parameter.</summary>
internal static class QrCodeApi
{
    private static readonly long LongestLife = PlatformRules.Number("QR code longest life");
    private static readonly long DefaultLife = PlatformRules.Number("QR code life when not told");

    public static Answer Create(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        var name = Call.Text(body, "action_name");
        if (name is not ("QR_SCENE" or "QR_STR_SCENE" or "QR_LIMIT_SCENE" or "QR_LIMIT_STR_SCENE"))
        {
            return call.Refuse(40052);
        }

        var isPermanent = name.StartsWith("QR_LIMIT", StringComparison.Ordinal);
        if (ReadScene(body, name.EndsWith("STR_SCENE", StringComparison.Ordinal), isPermanent) is not { } scene)
        {
            return call.Refuse(40053);
        }

        var life = DefaultLife;
        if (!isPermanent && body.TryGetProperty("expire_seconds", out var seconds)
            && (seconds.ValueKind != JsonValueKind.Number || !seconds.TryGetInt64(out life) || life < 1 || life > LongestLife))
        {
            return call.Refuse(40097);
        }

        if (call.OfficialAccount.QrCodeBook.TryCreate(scene, isPermanent ? null : TimeSpan.FromSeconds(life), call.Now) is not { } code)
        {
            return call.Refuse(45009);
        }

        return call.Write((code, life), static (json, made) =>
        {
            json.WriteString("ticket", made.code.Ticket);
            if (made.code.ExpiresAt is not null)
            {
                json.WriteNumber("expire_seconds", made.life);
            }

            json.WriteString("url", made.code.Url);
        });
    }

    private static string? ReadScene(JsonElement body, bool isText, bool isPermanent)
    {
        if (!body.TryGetProperty("action_info", out var info) || info.ValueKind != JsonValueKind.Object
            || !info.TryGetProperty("scene", out var scene) || scene.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (isText)
        {
            return Call.Text(scene, "scene_str") is { Length: >= 1 and <= 64 } text ? text : null;
        }

        return scene.TryGetProperty("scene_id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetUInt32(out var number)
            && number != 0 && (!isPermanent || number <= PlatformRules.Number("permanent QR code highest scene"))
            ? number.ToString(CultureInfo.InvariantCulture)
            : null;
    }
}
