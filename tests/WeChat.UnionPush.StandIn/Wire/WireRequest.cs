using System.Text;

namespace WeChat.UnionPush.StandIn.Wire;

/// <summary>A request as it came over the wire.</summary>
internal sealed record WireRequest(string Method, string Path, string? RawQuery, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    /// <summary>The answer that HTTP itself asks for, such as 412 for a body without length; zero when all is well.</summary>
    public int RefusedWith { get; init; }

    public Dictionary<string, string> Query { get; } = [];

    public string Target => RawQuery is null ? Path : $"{Path}?{RawQuery}";

    public string BodyText => Encoding.UTF8.GetString(Body);

    public IEnumerable<string> Header(string name) =>
        Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);
}
