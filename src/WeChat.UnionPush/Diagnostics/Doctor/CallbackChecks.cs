using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WeChat.UnionPush.Callbacks;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>The callback: what the console has, whether its values can be used, and whether the URL answers to them.</summary>
internal sealed class CallbackChecks(DoctorState state)
{
    private const string Check = "callback";

    public async Task CheckAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        if (state.Subject.Callback is not { } callback)
        {
            notes.Skip(Check, "No callback is registered: follows and receipts are learned from syncs only.", "Add AddCallback() and MapWeChatCallback to be told at once.");
            return;
        }

        CheckApp(notes, WeChatAccountKind.OfficialAccount, callback.OfficialAccount);
        CheckApp(notes, WeChatAccountKind.MiniProgram, callback.MiniProgram);
        if (notes.HasFailed)
        {
            return;
        }

        if (callback.OfficialAccount.IsUsed && state.CanCall)
        {
            await CheckConsoleAsync(notes, cancellationToken).ConfigureAwait(false);
        }

        if (state.Questions.CallbackUrl is { } url)
        {
            await EchoAsync(notes, url, callback.OfficialAccount.IsUsed ? callback.OfficialAccount : callback.MiniProgram, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Signs and encrypts a push as the platform does, and opens it as the callback does.</summary>
    private void CheckApp(DoctorNotes notes, WeChatAccountKind account, WeChatCallbackAppOptions options)
    {
        if (!options.IsUsed)
        {
            return;
        }

        var name = DoctorPages.NameOf(account);
        var app = state.Subject.App(account);
        var crypto = new CallbackCrypto(app.AppId, options.Token, options.EncodingAesKey, options.PreviousEncodingAesKey);
        var (timestamp, nonce) = ("1714036504", "1514711492");
        if (!crypto.VerifySignature(Sign(options.Token, timestamp, nonce), timestamp, nonce)
            || (options.EncodingAesKey is { } key && !(crypto.TryDecrypt(Encrypt(key, "<xml/>"u8, app.AppId), out var message, out _) && "<xml/>"u8.SequenceEqual(message))))
        {
            notes.Fail(Check, "values_unusable", $"A push that is signed and encrypted with the values of the {name} cannot be opened with them.",
                "Copy Token and EncodingAESKey from the console again.", DoctorPages.PushOf(account));
            return;
        }

        if (options.Mode == WeChatCallbackMode.Plain && !state.Subject.IsSimulated)
        {
            notes.Warn(Check, "plain_mode", $"Pushes of the {name} come in plain mode: their bodies are neither signed nor encrypted.",
                "Choose 安全模式 (safe) in the console, and set the Mode and the EncodingAESKey.", DoctorPages.PushOf(account));
        }
        else
        {
            notes.Ok(Check, $"Token and EncodingAESKey of the {name} can be used ({options.Mode} mode).");
        }
    }

    private async Task CheckConsoleAsync(DoctorNotes notes, CancellationToken cancellationToken)
    {
        CallbackReachability reachability;
        try
        {
            reachability = await state.Subject.Diagnostics.CheckCallbackAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception)
        {
            notes.Refused(Check, exception, WeChatAccountKind.OfficialAccount);
            return;
        }

        if (reachability.Resolved.Count == 0)
        {
            notes.Fail(Check, "name_not_resolved", "The platform cannot resolve the host name of the callback URL.",
                "Correct the URL in the console, or the DNS entry of the name.", DoctorPages.OfficialAccountPush);
        }
        else if (reachability.Pinged.Count > 0 && reachability.Pinged.All(static ping => ping.PacketLoss.StartsWith("100", StringComparison.Ordinal)))
        {
            notes.Warn(Check, "not_pinged", "No ping of the platform reaches the callback's address.",
                "Open the firewall to the platform's addresses (getcallbackip); where pings alone are blocked, this is no harm.", DoctorPages.OfficialAccountPush);
        }
        else
        {
            notes.Ok(Check, $"The platform reaches the callback's address {reachability.Resolved[0].Address}.");
        }
    }

    /// <summary>Asks the URL for an echo, as the console does when the URL is saved.</summary>
    private async Task EchoAsync(DoctorNotes notes, Uri url, WeChatCallbackAppOptions options, CancellationToken cancellationToken)
    {
        var shown = url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        var timestamp = (state.Subject.Time.GetUtcNow() - (state.ClockAhead ?? TimeSpan.Zero)).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var nonce = RandomNumberGenerator.GetInt32(100_000_000, 1_000_000_000).ToString(CultureInfo.InvariantCulture);
        var echo = RandomNumberGenerator.GetInt32(100_000_000, 1_000_000_000).ToString(CultureInfo.InvariantCulture);
        var query = $"signature={Sign(options.Token, timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}&echostr={echo}";
        var address = new UriBuilder(url) { Fragment = "" };
        address.Query = address.Query.Length > 1 ? $"{address.Query[1..]}&{query}" : query;

        // The console's URL is the host's own, and not behind the proxy to the platform.
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var response = await client.GetAsync(address.Uri, cancellationToken).ConfigureAwait(false);
            var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode && string.Equals(text.Trim(), echo, StringComparison.Ordinal))
            {
                notes.Ok("callback.url", $"{shown} answers to the Token.");
                return;
            }

            var (problem, advice) = (int)response.StatusCode switch
            {
                404 or 405 => ("url_not_mapped", "Map the callback at this path with MapWeChatCallback, or correct the URL in the console."),
                >= 300 and < 400 => ("url_redirects", "The platform follows no redirect: give the console the address that it leads to."),
                401 or 403 => ("token_differs", "Give the running host the Token that the console shows, check its clock, and let no sign-in stand before the URL."),
                >= 500 => ("url_fails", "Look into the host's log."),
                _ => ("not_echoed", "Something else answers at this URL: a proxy, a page, or a middleware before the callback."),
            };
            notes.Fail("callback.url", problem, $"{shown} answered HTTP {(int)response.StatusCode} to a request that is signed with the Token.",
                advice, DoctorPages.OfficialAccountPush);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            notes.Fail("callback.url", "url_unreachable", $"{shown} cannot be reached: {Redaction.Quote(exception.Message)}",
                "Start the host, and correct the URL.", DoctorPages.OfficialAccountPush);
        }
    }

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "The platform signs with SHA-1 and nothing else.")]
    private static string Sign(string token, string timestamp, string nonce)
    {
        string[] parts = [token, timestamp, nonce];
        Array.Sort(parts, StringComparer.Ordinal);
        return Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(parts)))).ToLowerInvariant();
    }

    /// <summary>random(16) ‖ length(4, big-endian) ‖ message ‖ app id ‖ padding to 32 bytes.</summary>
    private static string Encrypt(string encodingAesKey, ReadOnlySpan<byte> message, string appId)
    {
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(encodingAesKey + "=");
        var id = Encoding.UTF8.GetBytes(appId);
        var length = 20 + message.Length + id.Length;
        var padding = 32 - (length % 32);
        var plain = new byte[length + padding];
        RandomNumberGenerator.Fill(plain.AsSpan(0, 16));
        BinaryPrimitives.WriteInt32BigEndian(plain.AsSpan(16), message.Length);
        message.CopyTo(plain.AsSpan(20));
        id.CopyTo(plain.AsSpan(20 + message.Length));
        plain.AsSpan(length).Fill((byte)padding);
        return Convert.ToBase64String(aes.EncryptCbc(plain, aes.Key.AsSpan(0, 16), PaddingMode.None));
    }
}
