namespace WeChat.UnionPush.Testing;

/// <summary>A Mini Program (小程序) on the simulated platform.</summary>
public sealed class SimulatedMiniProgram
{
    internal SimulatedMiniProgram(SimulatedPlatform platform, string appId, string appSecret, string? openPlatform)
    {
        App = new SimulatedApp(platform, appId, appSecret, openPlatform, isOfficialAccount: false) { MiniProgram = this };
        Logins = new LoginBook(this);
    }

    /// <summary>The app id.</summary>
    public string AppId => App.AppId;

    /// <summary>The secret. Setting another one is the console's "reset": the old one answers 40125 from then on.</summary>
    public string AppSecret
    {
        get => App.AppSecret;
        set
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(value);
            App.AppSecret = value;
        }
    }

    /// <summary>
    /// The Open Platform account (开放平台账号) it is bound to, by a name of the test's choice; <see langword="null"/> when it is not bound, and then
    /// nobody has a UnionID here. Binding to another one changes everybody's UnionID.
    /// </summary>
    public string? OpenPlatform
    {
        get => App.OpenPlatform;
        set => App.OpenPlatform = value;
    }

    /// <summary>
    /// The rule of before about 2021: a login brings the UnionID only when the person follows an Official Account of the same Open Platform
    /// account. <see langword="false"/> by default, which is today's documented rule: always when bound.
    /// </summary>
    public bool UnionIdNeedsFollow { get; set; }

    /// <summary>Persons whose login does not bring the UnionID although it should, which is seen on the real platform. Nobody by default.</summary>
    public Func<SimulatedPerson, bool>? WithholdsUnionIdFrom { get; set; }

    /// <summary>How many logins a minute one person may make before 45011. 100 by default.</summary>
    public int LoginsPerMinute { get; set; } = 100;

    /// <summary>
    /// The pages of the published version, such as <c>pages/order/index</c>, without a query: a message that opens another one answers 40165.
    /// <see langword="null"/> by default, and then only what cannot be a page does.
    /// </summary>
    public IReadOnlyCollection<string>? Pages { get; set; }

    /// <summary>Its access tokens.</summary>
    public SimulatedAccessTokens AccessTokens => App.AccessTokens;

    /// <summary>Its call counters.</summary>
    public SimulatedQuotas Quotas => App.Quotas;

    internal SimulatedApp App { get; }

    internal LoginBook Logins { get; }

    /// <summary>The app id.</summary>
    public override string ToString() => AppId;

    internal bool HasPage(string pagePath)
    {
        var page = pagePath.AsSpan()[..(pagePath.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : pagePath.Length)].TrimStart('/').ToString();
        return page.Length > 0 && !page.Contains(':', StringComparison.Ordinal) && !pagePath.Any(character => char.IsWhiteSpace(character) || char.IsControl(character))
            && Pages?.Contains(page, StringComparer.Ordinal) != false;
    }
}
