using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Fuzz;

/// <summary>Open data of a Mini Program. The first byte says how the rest is packed.</summary>
internal static class OpenDataTarget
{
    private const string AppId = "wx4f4bc4dec97d474b";
    private const string Key = "tiihtNczf5v6AKRyjwEUhQ==";
    private const string Iv = "r7BXXKkLb8qrSNn05n0qiA==";

    private static readonly string[] Data =
    [
        $$$"""{"openId":"o1","nickName":"Band","gender":1,"unionId":"u1","watermark":{"appid":"{{{AppId}}}","timestamp":1477314187}}""",
        $$$"""{"phoneNumber":"13580006666","watermark":{"timestamp":"1477314187","appid":"{{{AppId}}}"}}""",
    ];

    private static readonly IMiniProgramSession Session = Registered();

    public static IEnumerable<FuzzTarget> All() =>
    [
        new(
            "open-data",
            Decryption,
            Check,
            [.. Enumerable.Range(0, 4).SelectMany(static mode => Data.Select(data => (byte[])[(byte)mode, .. Encoding.UTF8.GetBytes(data)]))],
            [.. Words.Json, .. Words.Quoted(Data), "253402300800", "-62135596801"]),
    ];

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Lives as long as the process.")]
    private static IMiniProgramSession Registered()
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(options =>
        {
            (options.MiniProgram.AppId, options.MiniProgram.AppSecret) = (AppId, "secret");
            (options.OfficialAccount.AppId, options.OfficialAccount.AppSecret) = ("wx1234567890abcdef", "secret");
        });
        return services.BuildServiceProvider().GetRequiredService<IMiniProgramSession>();
    }

    private static Func<object?> Decryption(byte[] input)
    {
        var inner = input.AsSpan(Math.Min(1, input.Length)).ToArray();
        var data = Mode(input) switch
        {
            0 => new EncryptedOpenData(Convert.ToBase64String(Encrypt(inner, PaddingMode.PKCS7)), Iv),
            1 => new EncryptedOpenData(Convert.ToBase64String(Encrypt([.. inner, .. new byte[(16 - (inner.Length % 16)) % 16]], PaddingMode.None)), Iv),
            2 => new EncryptedOpenData(Convert.ToBase64String(inner), Iv),
            _ => new EncryptedOpenData(Encoding.UTF8.GetString(inner), Iv),
        };

        // An argument that is not base64 of whole blocks is documented, and packed ones are.
        return Mode(input) < 2
            ? () => Promise.Outcome<OpenDataException, OpenDataException>(() => Session.Decrypt(Key, data))
            : () => Promise.Outcome<OpenDataException, ArgumentException>(() => Session.Decrypt(Key, data));
    }

    private static void Check(byte[] input, object? outcome)
    {
        var inner = input.AsSpan(Math.Min(1, input.Length)).ToArray();
        if (Mode(input) == 0 && PlainJson.TryParse(inner, AnswerReader.MaxDepth, out var document))
        {
            using (document)
            {
                if (outcome is OpenData data)
                {
                    var root = document.RootElement;
                    Promise.Equal(Encoding.UTF8.GetString(inner), data.Json, "the data that was encrypted");
                    Promise.Equal(Text(root, "openId"), data.OpenId, "the openid");
                    Promise.Equal(Text(root, "unionId")?.Trim() is { Length: > 0 } id ? id : null, data.UnionId, "the UnionID");
                    Promise.Equal(AppId, Text(Last(root, "watermark")!.Value, "appid"), "data of another app was taken");
                }
            }
        }
    }

    private static JsonElement? Last(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement element, string name) => Last(element, name)?.GetString();

    private static int Mode(byte[] input) => input.Length == 0 ? 3 : input[0] % 4;

    [SuppressMessage("Security", "CA5401:Do not use CreateEncryptor with non-default IV", Justification = "The platform sends it along.")]
    private static byte[] Encrypt(byte[] plain, PaddingMode padding)
    {
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(Key);
        return plain.Length == 0 && padding == PaddingMode.None ? new byte[16] : aes.EncryptCbc(plain, Convert.FromBase64String(Iv), padding);
    }
}
