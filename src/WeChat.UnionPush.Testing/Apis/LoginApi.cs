using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.Testing;

/// <summary>Sign-in of Mini Program users.</summary>
internal static class LoginApi
{
    public static Answer CodeToSession(Call call)
    {
        if (TokenApi.CheckSecret(call, call.Query("appid"), call.Query("secret"), out var app) is { } refusal)
        {
            return refusal;
        }

        if (call.Query("js_code") is not { } code)
        {
            return call.Refuse(41008);
        }

        if (call.Query("grant_type") is not "authorization_code")
        {
            return call.Refuse(40002);
        }

        if (app.MiniProgram is not { } miniProgram)
        {
            return call.Refuse(40013);
        }

        if (miniProgram.ChecksAddressAtLogin && app.CheckAddress(call) is { } notListed)
        {
            return notListed;
        }

        if (app.AccessTokens.AppSecretFrozen)
        {
            return call.Refuse(40243);
        }

        if (app.Quotas.TryUse(call.Route.Path, call.Now) is not 0 and var exhausted)
        {
            return call.Refuse(exhausted);
        }

        if (miniProgram.Logins.TryRedeem(code, call.Now, out var index, out var sessionKey) is not 0 and var error)
        {
            return call.Refuse(error);
        }

        return call.Write((app, index, sessionKey, UnionId: UnionIdAtLogin(miniProgram, index)), static (json, state) =>
        {
            json.WriteString("session_key", state.sessionKey);
            json.WriteString("openid", state.app.Identifiers.Encode(state.index));
            if (state.UnionId is not null)
            {
                json.WriteString("unionid", state.UnionId);
            }
        });
    }

    public static Answer CheckSession(Call call) => CheckSignature(call, out _, out _) ?? Answer.Ok;

    public static Answer ResetSessionKey(Call call) =>
        CheckSignature(call, out var openId, out var index)
        ?? call.WriteOk((OpenId: openId, Key: call.MiniProgram.Logins.ResetSessionKey(index)), static (json, state) =>
        {
            json.WriteString("openid", state.OpenId);
            json.WriteString("session_key", state.Key);
        });

    private static Answer? CheckSignature(Call call, out string openId, out long index)
    {
        index = -1;
        openId = call.Query("openid") ?? "";
        if (openId.Length == 0)
        {
            return call.Refuse(41009);
        }

        if (call.Query("sig_method") is not "hmac_sha256")
        {
            return call.Refuse(87008);
        }

        if (!call.MiniProgram.App.TryFindPerson(openId, out index))
        {
            return call.Refuse(40003);
        }

        if (call.MiniProgram.Logins.CurrentSessionKey(index) is not { } sessionKey)
        {
            return call.Refuse(87007);
        }

        var expected = Convert.ToHexString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(sessionKey), Array.Empty<byte>())).ToLowerInvariant();
        return string.Equals(call.Query("signature"), expected, StringComparison.Ordinal) ? null : call.Refuse(87009);
    }

    private static string? UnionIdAtLogin(SimulatedMiniProgram miniProgram, long index)
    {
        var platform = miniProgram.App.Platform;
        if (miniProgram.OpenPlatform is not { } openPlatform
            || (miniProgram.UnionIdNeedsFollow && !platform.FollowsAny(openPlatform, index))
            || (miniProgram.WithholdsUnionIdFrom is { } withholds && withholds(new SimulatedPerson(platform, index))))
        {
            return null;
        }

        return platform.UnionIds(openPlatform).Encode(index);
    }
}
