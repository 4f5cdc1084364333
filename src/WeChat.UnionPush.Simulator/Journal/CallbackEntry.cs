using System.Text.Json.Serialization;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>A push to a callback and what it was answered.</summary>
internal sealed record CallbackEntry(
    long Id, DateTimeOffset At, string AppId, long Person, string OpenId, string? Event, string? Url, string Mode, string Message) : IEntry
{
    /// <summary>How often it was sent.</summary>
    public int Attempts { get; init; }

    /// <summary><c>pending</c>, <c>delivered</c>, <c>retrying</c> or <c>givenUp</c>.</summary>
    public string State { get; set; } = "pending";

    /// <summary>The HTTP status of the last answer.</summary>
    public int? Status { get; init; }

    /// <summary>The last answer's body.</summary>
    public string? Answer { get; init; }

    /// <summary>What is wrong with it.</summary>
    public string? Failure { get; init; }

    /// <summary>How long the last attempt took, in milliseconds.</summary>
    public double Took { get; init; }

    /// <summary>The query that was sent, with its signature.</summary>
    public string? Query { get; init; }

    /// <summary>The body that was sent.</summary>
    public string? Body { get; init; }

    [JsonIgnore]
    public Push? Push { get; init; }
}
