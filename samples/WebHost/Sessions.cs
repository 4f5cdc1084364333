using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace WebHost;

/// <summary>This app's own sessions: encrypted texts that the Mini Program keeps and sends with each request.</summary>
internal sealed class Sessions(IDataProtectionProvider protection)
{
    private const string Scheme = "Bearer ";

    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("session").ToTimeLimitedDataProtector();

    public string Begin(string openId) => _protector.Protect(openId, TimeSpan.FromDays(1));

    /// <summary>The Mini Program openid of a session, or null when the text is not a session or is too old.</summary>
    public string? OpenIdOf(string? authorization)
    {
        if (authorization?.StartsWith(Scheme, StringComparison.Ordinal) != true)
        {
            return null;
        }

        try
        {
            return _protector.Unprotect(authorization[Scheme.Length..]);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
