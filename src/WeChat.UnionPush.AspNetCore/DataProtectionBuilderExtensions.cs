using Microsoft.AspNetCore.DataProtection;
using WeChat.UnionPush;
using WeChat.UnionPush.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Protects what is stored with ASP.NET Core's data protection.</summary>
public static class DataProtectionBuilderExtensions
{
    /// <summary>
    /// Keeps access tokens unreadable in the store they are shared over, with the keys of ASP.NET Core's data protection. Machines that share tokens must
    /// share keys and application name (<c>PersistKeysTo…</c>, <c>SetApplicationName</c>); a token of other keys is fetched anew.
    /// </summary>
    /// <param name="builder">The registration.</param>
    public static WeChatUnionPushBuilder UseDataProtection(this WeChatUnionPushBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddDataProtection();
        return builder.UseTokenProtection(static services => new DataProtectedSecrets(services.GetRequiredService<IDataProtectionProvider>()));
    }
}
