namespace WeChat.UnionPush.Testing;

/// <summary>An Official Account (公众号, 服务号) on the simulated platform, with its followers, templates and sent messages.</summary>
public sealed class SimulatedOfficialAccount
{
    private readonly HashSet<string> _miniPrograms = new(StringComparer.Ordinal);

    internal SimulatedOfficialAccount(SimulatedPlatform platform, string appId, string appSecret, string? openPlatform)
    {
        App = new SimulatedApp(platform, appId, appSecret, openPlatform, isOfficialAccount: true) { OfficialAccount = this };
        Followers = new FollowerBook(Scrambler.Hash(platform.SeedState, appId));
        TemplateBook = new TemplateBook(this);
        Outbox = new Outbox(this);
        QrCodeBook = new QrCodeBook(App);
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

    /// <summary>Whether the account is verified (认证). An account that is not answers 48001 to followers and template messages. <see langword="true"/> by default.</summary>
    public bool IsVerified { get; set; } = true;

    /// <summary>Whether it is a test account (测试号): lower limits, no UnionIDs, and nobody counts the characters of a <c>thing</c>.</summary>
    public bool IsSandbox { get; set; }

    /// <summary>
    /// The API IP whitelist (API IP白名单): single addresses and ranges such as <c>203.0.113.0/24</c>. While there is one, every call of the account, with the
    /// AppSecret or with an access token, is answered with 40164 unless it comes from an address on the list (<see cref="SimulatedPlatform.CreateHandler(System.Net.IPAddress)"/>).
    /// <see langword="null"/> by default, which is the list that was never set up.
    /// </summary>
    /// <exception cref="ArgumentException">An entry is nothing that the console takes, such as <c>203.0.113.*</c> or an address with a port.</exception>
    public IReadOnlyCollection<string>? IpWhitelist
    {
        get => App.IpWhitelist;
        set => App.IpWhitelist = value;
    }

    /// <summary>Whether callers who are not on the list get 61004 (<c>requestIP: …</c>), which was reported, in place of 40164. <see langword="false"/> by default.</summary>
    public bool RefusesAddressesAs61004 { get; set; }

    /// <summary>
    /// Whether values are refused (47003) of which no page and no published answer of the platform says whether it takes them, such as a blank in a
    /// <c>phone_number</c> or a time with fractions of a second. <see langword="false"/> by default; run your messages against both.
    /// </summary>
    public bool RefusesUnprovenValues { get; set; }

    /// <summary>Whether UnionIDs come with a leading blank, as in the official sample. <see langword="false"/> by default.</summary>
    public bool PadsUnionIds { get; set; }

    /// <summary>Followers whose row in <c>user/info/batchget</c> lacks the UnionID that <c>user/info</c> has, which was seen. Nobody by default.</summary>
    public Func<SimulatedPerson, bool>? WithholdsUnionIdInBatches { get; set; }

    /// <summary>
    /// Whether one openid that does not follow makes the whole <c>user/info/batchget</c> answer 40003, as the official text says.
    /// <see langword="false"/> by default: it is listed with <c>subscribe: 0</c>, as the official sample shows.
    /// An openid that is not of this account answers 40003 in any case.
    /// </summary>
    public bool BatchRefusesStrangers { get; set; }

    /// <summary>What a send to somebody who turned the messages off gets: 43101 at once by default, or only a later event.</summary>
    public SimulatedRefusal RefusedMessages { get; set; }

    /// <summary>
    /// What the second call with one <c>client_msg_id</c> gets within ten minutes: the same answer with the same message id by default, or 44007.
    /// The message is delivered once either way.
    /// </summary>
    public SimulatedRepeat RepeatedMessages { get; set; }

    /// <summary>
    /// Messages that are accepted and yet do not reach the phone: gives the <c>Status</c> of the <c>TEMPLATESENDJOBFINISH</c> event, such as
    /// <c>failed: system failed</c> (with its blank), or <see langword="null"/> for a message that arrives. All arrive by default, but for those
    /// of people who turned them off. Called at every send; must bear being called from any thread.
    /// </summary>
    public Func<SimulatedPerson, string?>? FailedMessages { get; set; }

    /// <summary>Whether the same content to the same person within 60 seconds answers 40241. <see langword="false"/> by default.</summary>
    public bool RefusesSameContent { get; set; }

    /// <summary>
    /// How many messages one person may get within one minute of the clock before a send answers 43117 for this person. <see langword="null"/>, the
    /// default, for any number: the platform does not tell its limit.
    /// </summary>
    public int? MessagesPerPersonAndMinute { get; set; }

    /// <summary>
    /// How long the platform is busy with a message to one person: another one to the same person meanwhile answers 43108. Zero, the default, for no time at all.
    /// </summary>
    public TimeSpan BusyAfterMessage { get; set; }

    /// <summary>
    /// Whether each message's content is kept in <see cref="Messages"/>. <see langword="true"/> by default; a run of millions switches it off and has
    /// <see cref="DeliveredCount"/>.
    /// </summary>
    public bool KeepsMessages { get; set; } = true;

    /// <summary>The original id (原始ID), such as <c>gh_0123456789ab</c>: the <c>ToUserName</c> of what is pushed.</summary>
    public string OriginalId => App.OriginalId;

    /// <summary>
    /// Where follows, unfollows, scans and the ends of sent messages are pushed to, from now on. <see langword="null"/> by default, and then
    /// nothing is pushed. Events that have happened stay with the callback they happened under.
    /// </summary>
    /// <exception cref="ArgumentException">It asks for JSON, or for encryption without a key.</exception>
    public SimulatedCallback? Callback
    {
        get => App.Callback;
        set => App.Callback = value;
    }

    /// <summary>Its access tokens.</summary>
    public SimulatedAccessTokens AccessTokens => App.AccessTokens;

    /// <summary>Its call counters.</summary>
    public SimulatedQuotas Quotas => App.Quotas;

    /// <summary>How many persons follow it now.</summary>
    public long FollowerCount => Followers.Count;

    /// <summary>The templates in the account, in the order in which they came.</summary>
    public IReadOnlyList<SimulatedTemplate> Templates => TemplateBook.All;

    /// <summary>The account's two industries (所属行业), as numbers 1 to 41 of the platform's table.</summary>
    public (int Primary, int Secondary) Industry => TemplateBook.Industry;

    /// <summary>How many messages reached a phone.</summary>
    public long DeliveredCount => Outbox.DeliveredCount;

    /// <summary>How many messages were accepted (<c>errcode</c> 0), each <c>client_msg_id</c> counted once.</summary>
    public long AcceptedCount => Outbox.AcceptedCount;

    /// <summary>The accepted messages, oldest first, as they are now. Empty while <see cref="KeepsMessages"/> is off.</summary>
    public IReadOnlyList<SimulatedMessage> Messages => Outbox.Messages;

    /// <summary>The subscription templates (订阅通知), in the order in which they came.</summary>
    public IReadOnlyList<SimulatedTemplate> SubscriptionTemplates => App.Subscriptions.Templates;

    /// <summary>The last thousand subscribe messages that were accepted, oldest first.</summary>
    public IReadOnlyList<SimulatedSubscriptionMessage> SubscriptionMessages => App.Subscriptions.Messages;

    /// <summary>The last hundred customer service messages (客服消息) that were accepted, oldest first.</summary>
    public IReadOnlyList<SimulatedCustomerMessage> CustomerMessages => App.CustomerWindows.Messages;

    /// <summary>The QR codes with a parameter (带参数二维码) that can be scanned: the permanent ones, then the last ten thousand of those that expire.</summary>
    public IReadOnlyList<SimulatedQrCode> QrCodes => QrCodeBook.All;

    internal QrCodeBook QrCodeBook { get; }

    internal SimulatedApp App { get; }

    internal FollowerBook Followers { get; }

    internal TemplateBook TemplateBook { get; }

    internal Outbox Outbox { get; }

    /// <summary>Lets a whole population follow, as if they had come over the last three years. Costs no memory, and pushes no events.</summary>
    /// <param name="people">People of the same platform; those who follow already stay as they are.</param>
    public void AddFollowers(SimulatedPopulation people)
    {
        ArgumentNullException.ThrowIfNull(people);
        Followers.FollowAll(people.First, people.First + people.Count, App.Platform.Now);
    }

    /// <summary>Associates a Mini Program (关联小程序), so that messages may open it. Without it a message that names it answers 40013.</summary>
    /// <param name="miniProgram">The Mini Program.</param>
    public void Associate(SimulatedMiniProgram miniProgram)
    {
        ArgumentNullException.ThrowIfNull(miniProgram);
        lock (_miniPrograms)
        {
            _miniPrograms.Add(miniProgram.AppId);
        }
    }

    /// <summary>Adds a template as the console does, with any content and without the limit of 25.</summary>
    /// <param name="title">The title, such as <c>订单支付成功通知</c>.</param>
    /// <param name="content">
    /// The content, such as <c>商品:{{thing1.DATA}}\n金额:{{amount2.DATA}}</c>. With keys of the types of category templates it is one, and its
    /// values are checked; with any other key (<c>keyword1</c>) it is a historical template, and its values are cut. <c>first</c> and <c>remark</c> may stand in both.
    /// </param>
    /// <param name="example">The example that the list shows.</param>
    /// <param name="templateId">The id; one of 43 characters is made when it is left out.</param>
    /// <exception cref="ArgumentException">The content has no key, or the account has a template of that id.</exception>
    public SimulatedTemplate AddTemplate(string title, string content, string example = "", string? templateId = null) =>
        TemplateBook.Add(title, content, example, templateId);

    /// <summary>Adds a subscription template (订阅通知) as the console does. Its id is of no use for template messages.</summary>
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

    /// <summary>The accepted messages to one person, oldest first.</summary>
    /// <param name="person">The person.</param>
    public IReadOnlyList<SimulatedMessage> MessagesTo(SimulatedPerson person)
    {
        ArgumentNullException.ThrowIfNull(person);
        return Outbox.MessagesTo(person);
    }

    /// <summary>An accepted message by its number, or <see langword="null"/>.</summary>
    /// <param name="messageId">The <c>msgid</c> that the send answered.</param>
    public SimulatedMessage? FindMessage(long messageId) => Outbox.Find(messageId);

    /// <summary>The app id.</summary>
    public override string ToString() => AppId;

    internal bool IsAssociated(string appId)
    {
        lock (_miniPrograms)
        {
            return _miniPrograms.Contains(appId);
        }
    }
}
