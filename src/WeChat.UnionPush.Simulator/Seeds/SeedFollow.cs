namespace WeChat.UnionPush.Simulator;

/// <summary>How a person stands to an Official Account.</summary>
internal sealed record SeedFollow
{
    public bool Following { get; set; } = true;

    public DateTimeOffset? Since { get; set; }

    public string? Scene { get; set; }

    public string? QrScene { get; set; }

    public bool Refuses { get; set; }

    public bool Blacklisted { get; set; }
}
