using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>The two calls that return an access token.</summary>
internal static class TokenApi
{
    public static Answer GetToken(Call call)
    {
        if (CheckCredentials(call, call.Query("grant_type"), call.Query("appid"), call.Query("secret"), out var app) is { } refusal)
        {
            return refusal;
        }

        return Give(call, app.AccessTokens.TakeClassic(call.Now));
    }

    public static Answer GetStableToken(Call call)
    {
        JsonElement body;
        try
        {
            body = JsonSerializer.Deserialize(call.Body, PlatformJson.Default.JsonElement);
        }
        catch (JsonException)
        {
            return call.Refuse(41002);
        }

        if (body.ValueKind != JsonValueKind.Object)
        {
            return call.Refuse(41002);
        }

        var force = false;
        if (body.TryGetProperty("force_refresh", out var member))
        {
            if (member.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                return call.Refuse(47001);
            }

            force = member.GetBoolean();
        }

        if (CheckCredentials(call, Call.Text(body, "grant_type"), Call.Text(body, "appid"), Call.Text(body, "secret"), out var app) is { } refusal)
        {
            return refusal;
        }

        if (!force)
        {
            return Give(call, app.AccessTokens.TakeStable(call.Now));
        }

        return app.AccessTokens.ForceStable(call.Now) is { } forced ? Give(call, forced) : call.Refuse(45009);
    }

    public static Answer? CheckSecret(Call call, string? appId, string? secret, out SimulatedApp app)
    {
        app = null!;
        if (string.IsNullOrEmpty(appId))
        {
            return call.Refuse(41002);
        }

        if (string.IsNullOrEmpty(secret))
        {
            return call.Refuse(41004);
        }

        if (call.Platform.FindApp(appId) is not { } found)
        {
            return call.Refuse(40013);
        }

        app = found;
        return string.Equals(secret, app.AppSecret, StringComparison.Ordinal) ? null : call.Refuse(40125);
    }

    private static Answer? CheckCredentials(Call call, string? grantType, string? appId, string? secret, out SimulatedApp app)
    {
        if (CheckSecret(call, appId, secret, out app) is { } refusal)
        {
            return refusal;
        }

        if (grantType is not "client_credential")
        {
            return call.Refuse(40002);
        }

        call.App = app;
        return app.CheckAddress(call)
            ?? (app.AccessTokens.AppSecretFrozen ? call.Refuse(40243)
                : app.Quotas.TryUse(call.Route.Path, call.Now) is not 0 and var exhausted ? call.Refuse(exhausted)
                : null);
    }

    private static Answer Give(Call call, IssuedToken token) =>
        call.Write((token, Left: (long)(token.ExpiresAt - call.Now).TotalSeconds), static (json, state) =>
        {
            json.WriteString("access_token", state.token.Text);
            json.WriteNumber("expires_in", state.Left);
        });
}
