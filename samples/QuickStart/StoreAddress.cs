using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush;

namespace QuickStart;

/// <summary>A store named by one text: <c>sqlite:FILE</c>, <c>mysql://…</c> or <c>postgres://…</c>.</summary>
internal static class StoreAddress
{
    /// <summary>Chooses the store for a registration.</summary>
    /// <returns>Where it is, without its password.</returns>
    /// <exception cref="FormatException">The text names no store.</exception>
    public static string Use(WeChatUnionPushBuilder registration, string address)
    {
        if (address.StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase) && address.Length > "sqlite:".Length)
        {
            var file = address["sqlite:".Length..];
            registration.UseSqlite(new DbConnectionStringBuilder { ["Data Source"] = file }.ConnectionString);
            return Path.GetFullPath(file);
        }

        // The text may hold a password, so it is not repeated.
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.AbsolutePath.Trim('/').Length == 0)
        {
            throw new FormatException("--store is none of sqlite:FILE, mysql://user:password@host:3306/database and postgres://user:password@host:5432/database.");
        }

        switch (uri.Scheme)
        {
            case "mysql" or "mariadb":
                registration.UseMySql(ConnectionString("Server", "User ID", 3306));
                break;
            case "postgres" or "postgresql":
                registration.UsePostgreSql(ConnectionString("Host", "Username", 5432));
                break;
            default:
                throw new FormatException($"--store names '{uri.Scheme}', which is none of sqlite, mysql and postgres.");
        }

        return $"{uri.Scheme}://{uri.Host}{uri.AbsolutePath}";

        string ConnectionString(string host, string user, int port)
        {
            var credentials = Array.ConvertAll(uri.UserInfo.Split(':', 2), Uri.UnescapeDataString);
            var text = new DbConnectionStringBuilder
            {
                [host] = uri.Host,
                ["Port"] = (uri.IsDefaultPort || uri.Port < 0 ? port : uri.Port).ToString(CultureInfo.InvariantCulture),
                ["Database"] = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')),
            };
            if (credentials[0].Length > 0)
            {
                text[user] = credentials[0];
            }

            if (credentials.Length > 1)
            {
                text["Password"] = credentials[1];
            }

            // What else the driver knows, as in ?SSL Mode=None.
            foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                var setting = Array.ConvertAll(pair.Split('=', 2), Uri.UnescapeDataString);
                text[setting[0]] = setting.Length > 1 ? setting[1] : "true";
            }

            return text.ConnectionString;
        }
    }
}
