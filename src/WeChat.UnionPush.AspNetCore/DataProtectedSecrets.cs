using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using WeChat.UnionPush.Storage;

namespace WeChat.UnionPush.AspNetCore;

/// <summary>Protects secrets with the host's key ring.</summary>
internal sealed class DataProtectedSecrets(IDataProtectionProvider provider) : ISecretProtector
{
    private readonly IDataProtector _protector = provider.CreateProtector("WeChat.UnionPush.AccessTokens");

    public string Protect(string secret) => _protector.Protect(secret);

    public string? Unprotect(string protectedSecret)
    {
        try
        {
            return _protector.Unprotect(protectedSecret);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
