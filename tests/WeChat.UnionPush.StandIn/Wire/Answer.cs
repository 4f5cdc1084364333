using System.Text.Json.Nodes;

namespace WeChat.UnionPush.StandIn.Wire;

/// <summary>What the platform says to a request, before mischief is done to it.</summary>
internal sealed record Answer(JsonObject Body)
{
    public int Status { get; init; } = 200;

    /// <summary>Null for the platform's usual one.</summary>
    public string? ContentType { get; init; }

    /// <summary>The body is broken so that no reader can mend it.</summary>
    public bool IsBroken { get; init; }

    public static Answer Ok => new(new JsonObject { ["errcode"] = 0, ["errmsg"] = "ok" });

    public static Answer Error(int code, string text) => new(new JsonObject { ["errcode"] = code, ["errmsg"] = text });
}
