using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// An API IP whitelist (API IP白名单). It takes single addresses and ranges such as <c>172.0.0.1/24</c>, where the address need not be the first of the range. The list
/// of a Mini Program also takes <c>172.0.0.*</c>, and at most ten entries. No entry has a port.
/// </summary>
internal sealed class AddressList
{
    private static readonly int MostOfMiniProgram = PlatformRules.Number("IP whitelist of a Mini Program");

    private readonly List<(byte[] Address, int Bits)> _entries = [];

    public AddressList(IReadOnlyCollection<string> entries, bool isOfficialAccount)
    {
        if (!isOfficialAccount && entries.Count > MostOfMiniProgram)
        {
            throw new ArgumentException($"The list of a Mini Program takes {MostOfMiniProgram} entries.", nameof(entries));
        }

        foreach (var entry in entries)
        {
            _entries.Add(Read(entry, isOfficialAccount) ?? throw new ArgumentException(
                $"'{entry}' is not a valid entry for the list of " +
                (isOfficialAccount ? "an Official Account: it takes 203.0.113.7 and 203.0.113.0/24." : "a Mini Program: it takes 203.0.113.7, 203.0.113.0/24 and 203.0.113.*."),
                nameof(entries)));
        }
    }

    public bool Holds(IPAddress address)
    {
        var bytes = Plain(address).GetAddressBytes();
        return _entries.Exists(entry => entry.Address.Length == bytes.Length && Enumerable.Range(0, entry.Bits).All(bit => BitOf(entry.Address, bit) == BitOf(bytes, bit)));
    }

    /// <summary>The address as the platform's texts write it.</summary>
    public static string Name(IPAddress address) => Plain(address).ToString();

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static int BitOf(byte[] bytes, int bit) => (bytes[bit / 8] >> (7 - (bit % 8))) & 1;

    private static (byte[] Address, int Bits)? Read(string entry, bool isOfficialAccount)
    {
        if (!isOfficialAccount && entry.EndsWith(".*", StringComparison.Ordinal))
        {
            return Read($"{entry[..^1]}0/24", isOfficialAccount);
        }

        var parts = entry.Split('/');
        if (parts.Length > 2 || !IPAddress.TryParse(parts[0], out var address)
            || (address.AddressFamily == AddressFamily.InterNetwork && parts[0].Count(character => character == '.') != 3))
        {
            return null;
        }

        var bytes = Plain(address).GetAddressBytes();
        var bits = bytes.Length * 8;
        return parts.Length == 2 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > bytes.Length * 8) ? null : (bytes, bits);
    }
}
