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
    /// The API IP whitelist (API IP白名单): at most ten of single addresses, ranges such as <c>203.0.113.0/24</c>, and <c>203.0.113.*</c>. While there is one, calls
    /// with the AppSecret (<c>token</c>, <c>stable_token</c>, <c>clear_quota/v2</c>) answer 40164 unless they come from an address on the list; calls with an
    /// access token do not ask it. <see langword="null"/> by default.
    /// </summary>
    /// <exception cref="ArgumentException">An entry is nothing that the console takes, or there are more than ten.</exception>
    public IReadOnlyCollection<string>? IpWhitelist
    {
        get => App.IpWhitelist;
        set => App.IpWhitelist = value;
    }

    /// <summary>
    /// Whether sign-in (<c>jscode2session</c>), which carries the AppSecret too, asks the list. The page does not name it, so <see langword="false"/> by default.
    /// </summary>
    public bool ChecksAddressAtLogin { get; set; }

    /// <summary>
    /// The rule of before about 2021: a login brings the UnionID only when the person follows an Official Account of the same Open Platform
    /// account. <see langword="false"/> by default, which is today's documented rule: always when bound.
    /// </summary>
    public bool UnionIdNeedsFollow { get; set; }

    /// <summary>Persons whose login does not bring the UnionID although it should, which is seen on the real platform. Nobody by default.</summary>
    public Func<SimulatedPerson, bool>? WithholdsUnionIdFrom { get; set; }

    /// <summary>How many logins a minute one person may make before 45011. 100 by default.</summary>
    public int LoginsPerMinute { get; set; } = PlatformRules.Number("login calls of one user");

    /// <summary>
    /// The pages of the published version, such as <c>pages/order/index</c>, without a query: a message that opens another one answers 40165.
    /// <see langword="null"/> by default, and then only what cannot be a page does.
    /// </summary>
    public IReadOnlyCollection<string>? Pages { get; set; }

    /// <summary>The original id (原始ID), such as <c>gh_0123456789ab</c>: the <c>ToUserName</c> of what is pushed.</summary>
    public string OriginalId => App.OriginalId;

    /// <summary>
    /// Where events are pushed to: those of <see cref="PushEvent"/> and <see cref="PushBody"/>. <see langword="null"/> by default, and then
    /// nothing is pushed. Events that have happened stay with the callback they happened under.
    /// </summary>
    /// <exception cref="ArgumentException">It asks for encryption without a key.</exception>
    public SimulatedCallback? Callback
    {
        get => App.Callback;
        set => App.Callback = value;
    }

    /// <summary>Its access tokens.</summary>
    public SimulatedAccessTokens AccessTokens => App.AccessTokens;

    /// <summary>Its call counters.</summary>
    public SimulatedQuotas Quotas => App.Quotas;

    /// <summary>The subscription templates (订阅消息), in the order in which they came.</summary>
    public IReadOnlyList<SimulatedTemplate> SubscriptionTemplates => App.Subscriptions.Templates;

    /// <summary>The last thousand subscribe messages that were accepted, oldest first.</summary>
    public IReadOnlyList<SimulatedSubscriptionMessage> SubscriptionMessages => App.Subscriptions.Messages;

    /// <summary>
    /// How long after a subscribe message another one to the same person is answered 43108, as if both were under way at once. Zero, the default: never.
    /// </summary>
    public TimeSpan SubscriptionBusyTime
    {
        get => App.Subscriptions.BusyAfterMessage;
        set => App.Subscriptions.BusyAfterMessage = value;
    }

    /// <summary>The last hundred customer service messages (客服消息) that were accepted, oldest first.</summary>
    public IReadOnlyList<SimulatedCustomerMessage> CustomerMessages => App.CustomerWindows.Messages;

    internal SimulatedApp App { get; }

    internal LoginBook Logins { get; }

    /// <summary>Adds a subscription template (订阅消息) as the console does. Its id is of no use for template messages.</summary>
    /// <param name="title">The title.</param>
    /// <param name="content">The content, such as <c>商品:{{thing1.DATA}}</c>.</param>
    /// <param name="example">The example that the list shows.</param>
    /// <param name="templateId">The id; one of 43 characters is made when it is left out.</param>
    /// <exception cref="ArgumentException">The content has no key, or the app has a template of that id.</exception>
    public SimulatedTemplate AddSubscriptionTemplate(string title, string content, string example = "", string? templateId = null) =>
        App.Subscriptions.Add(title, content, example, templateId);

    /// <summary>Pushes an event about a person to <see cref="Callback"/>, without anything else happening.</summary>
    /// <param name="person">The person: <c>FromUserName</c>.</param>
    /// <param name="name">
    /// The event, such as <c>user_authorization_revoke</c>; this one, <c>user_authorization_cancellation</c> and <c>user_info_modified</c> get
    /// their <c>OpenID</c> and <c>AppID</c> by themselves.
    /// </param>
    /// <param name="fields">What it has beside the fields of all events, such as <c>("RevokeInfo", "301")</c>.</param>
    public void PushEvent(SimulatedPerson person, string name, params (string Name, string Value)[] fields) => App.PushEvent(person, name, fields);

    /// <summary>Pushes any text to <see cref="Callback"/> as it stands, signed and encrypted as its mode asks.</summary>
    /// <param name="person">The person whose openid the query names.</param>
    /// <param name="body">The text: XML or JSON, well-formed or not.</param>
    public void PushBody(SimulatedPerson person, string body) => App.PushBody(person, body);

    /// <summary>The app id.</summary>
    public override string ToString() => AppId;

    internal bool HasPage(string pagePath)
    {
        var page = pagePath.AsSpan()[..(pagePath.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : pagePath.Length)].TrimStart('/').ToString();
        return page.Length > 0 && !page.Contains(':', StringComparison.Ordinal) && !pagePath.Any(character => char.IsWhiteSpace(character) || char.IsControl(character))
            && Pages?.Contains(page, StringComparer.Ordinal) != false;
    }
}
