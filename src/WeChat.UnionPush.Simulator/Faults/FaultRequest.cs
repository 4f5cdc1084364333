namespace WeChat.UnionPush.Simulator;

/// <summary>A fault as the REST API and seed files describe it.</summary>
internal sealed record FaultRequest
{
    public static readonly string[] Kinds =
    [
        "error", "gateway", "latency", "noAnswer", "lostAnswer", "connectionReset", "connectionClosed", "brokenBody", "emptyBody", "truncatedBody",
        "byteOrderMark", "invalidUtf8", "controlCharacters", "numbersAsText", "missingFields", "tokensTaken",
    ];

    public string Kind { get; set; } = "";

    public int? Code { get; set; }

    public string? Text { get; set; }

    public int? Status { get; set; }

    public double? Milliseconds { get; set; }

    public string[]? Fields { get; set; }

    public string? App { get; set; }

    public string? Path { get; set; }

    public long? Person { get; set; }

    public long? After { get; set; }

    public long? Every { get; set; }

    public double? Probability { get; set; }

    public long? Times { get; set; }
}
