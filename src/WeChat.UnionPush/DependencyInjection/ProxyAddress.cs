using System.Net;

namespace WeChat.UnionPush;

/// <summary>A proxy written as an address with user and password. They are taken out of the address, which messages of the network show.</summary>
internal static class ProxyAddress
{
    public static IWebProxy Read(Uri address)
    {
        if (!address.IsAbsoluteUri)
        {
            throw new ArgumentException("The address of the proxy is not absolute, such as http://proxy:3128.", nameof(address));
        }

        var credentials = address.UserInfo.Split(':', 2);
        return new WebProxy(new UriBuilder(address) { UserName = "", Password = "" }.Uri)
        {
            Credentials = credentials[0].Length == 0
                ? null
                : new NetworkCredential(Uri.UnescapeDataString(credentials[0]), Uri.UnescapeDataString(credentials.ElementAtOrDefault(1) ?? "")),
        };
    }
}
