namespace WeChat.UnionPush.Storage;

/// <summary>
/// Keeps access tokens unreadable where they are stored. <c>UseTokenProtection</c> chooses one; WeChat.UnionPush.AspNetCore brings
/// <c>UseDataProtection()</c>.
/// </summary>
/// <remarks>Called by many threads at once. All processes that share a token store need the same keys.</remarks>
public interface ISecretProtector
{
    /// <summary>Makes a secret unreadable.</summary>
    /// <param name="secret">The secret.</param>
    /// <returns>Text that <see cref="Unprotect"/> turns back. It takes the secret's place in the store.</returns>
    string Protect(string secret);

    /// <summary>Makes a protected secret readable again.</summary>
    /// <param name="protectedSecret">What <see cref="Protect"/> returned, in this process or another one with the same keys.</param>
    /// <returns>The secret, or <see langword="null"/> when the text cannot be read: it was stored unprotected, was changed, or its key is gone.</returns>
    string? Unprotect(string protectedSecret);
}
