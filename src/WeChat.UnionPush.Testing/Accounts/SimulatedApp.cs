namespace WeChat.UnionPush.Testing;

/// <summary>What an Official Account and a Mini Program have in common: the credentials, the tokens, the counters, the openids.</summary>
internal sealed class SimulatedApp
{
    public SimulatedApp(SimulatedPlatform platform, string appId, string appSecret, string? openPlatform, bool isOfficialAccount)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(appId);
        ArgumentException.ThrowIfNullOrWhiteSpace(appSecret);
        Platform = platform;
        AppId = appId;
        AppSecret = appSecret;
        OpenPlatform = openPlatform;
        IsOfficialAccount = isOfficialAccount;
        Identifiers = new IdentifierCodec(platform.SeedState, appId);
        AccessTokens = new SimulatedAccessTokens(this);
        Quotas = new SimulatedQuotas(this);
    }

    public SimulatedPlatform Platform { get; }

    public string AppId { get; }

    public string AppSecret { get; set; }

    public string? OpenPlatform { get; set; }

    public bool IsOfficialAccount { get; }

    public SimulatedOfficialAccount? OfficialAccount { get; set; }

    public SimulatedMiniProgram? MiniProgram { get; set; }

    public IdentifierCodec Identifiers { get; }

    public SimulatedAccessTokens AccessTokens { get; }

    public SimulatedQuotas Quotas { get; }

    public bool TryFindPerson(string? openId, out long index)
    {
        index = -1;
        return openId is not null && Identifiers.TryDecode(openId, out index) && Platform.HasPerson(index);
    }
}
