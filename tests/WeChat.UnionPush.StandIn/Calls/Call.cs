using System.Text.Json;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn.Calls;

/// <summary>One address of the platform, and what may be sent there.</summary>
internal sealed record Call(string Method, string Path, Func<Incoming, Answer> Handle)
{
    /// <summary>Ids of the apps of which a token is taken; none for a call without token.</summary>
    public string[] TokenOf { get; init; } = [];

    public string[] Required { get; init; } = [];

    public string[] Optional { get; init; } = [];
}

/// <summary>A request that has passed the checks every call shares.</summary>
internal sealed record Incoming(WireRequest Request, JsonElement Body, Mischief Mischief, Random Random)
{
    public string this[string name] => Request.Query.GetValueOrDefault(name) ?? "";

    public bool Has(Mischief mischief) => (Mischief & mischief) != 0;

    public string Text(string name) => Body.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : "";
}
