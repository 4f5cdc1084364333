using System.Globalization;

namespace WeChat.UnionPush.Testing;

/// <summary>A person with WeChat on the phone, who follows accounts, opens Mini Programs and reads (or refuses) messages.</summary>
/// <remarks>A handle: two of them for one person are equal, and making one costs nothing.</remarks>
public sealed class SimulatedPerson : IEquatable<SimulatedPerson>
{
    private readonly SimulatedPlatform _platform;

    internal SimulatedPerson(SimulatedPlatform platform, long index)
    {
        _platform = platform;
        Index = index;
    }

    /// <summary>The person's number on the platform, from 0. No app ever sees it.</summary>
    public long Index { get; }

    /// <summary>The person's openid in an Official Account: 28 characters, always the same, whether the person follows or not.</summary>
    /// <param name="account">An account of the same platform.</param>
    public string OpenIdIn(SimulatedOfficialAccount account) => Own(account).App.Identifiers.Encode(Index);

    /// <summary>The person's openid in a Mini Program: 28 characters, always the same.</summary>
    /// <param name="miniProgram">A Mini Program of the same platform.</param>
    public string OpenIdIn(SimulatedMiniProgram miniProgram) => Own(miniProgram).App.Identifiers.Encode(Index);

    /// <summary>The person's UnionID under an Open Platform account (开放平台账号): one for all apps bound to it.</summary>
    /// <param name="openPlatform">The name that the apps were added with.</param>
    public string UnionIdUnder(string openPlatform)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(openPlatform);
        return _platform.UnionIds(openPlatform).Encode(Index);
    }

    /// <summary>Follows an account (关注), for the first time or again, as of now. Changes nothing for somebody who follows already.</summary>
    /// <param name="account">The account.</param>
    /// <param name="scene">How the person came to it: the <c>subscribe_scene</c> of <c>user/info</c>. A scan is <c>ADD_SCENE_QR_CODE</c>.</param>
    /// <param name="qrScene">The parameter of the code that was scanned (<c>qr_scene_str</c>), or <see langword="null"/>.</param>
    public void Follow(SimulatedOfficialAccount account, string scene = "ADD_SCENE_SEARCH", string? qrScene = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(scene);
        Follow(account, scene, qrScene, qrScene is null ? null : Ticket(Own(account), qrScene));
    }

    private void Follow(SimulatedOfficialAccount account, string scene, string? qrScene, string? ticket)
    {
        if (!Own(account).Followers.Follow(Index, _platform.Now, scene, qrScene))
        {
            return;
        }

        account.App.CustomerWindows.Acted(Index, _platform.Now);
        if (qrScene is null)
        {
            _platform.Callbacks.Raise(account.App, Index, "subscribe", ("EventKey", ""));
        }
        else
        {
            _platform.Callbacks.Raise(account.App, Index, "subscribe", ("EventKey", "qrscene_" + qrScene), ("Ticket", ticket ?? Ticket(account, qrScene)));
        }
    }

    /// <summary>
    /// Scans a code with a parameter (带参数二维码) of the account: somebody who does not follow yet follows by it, with a <c>subscribe</c> event; for
    /// a follower the <c>SCAN</c> event is all.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="scene">The parameter of the code.</param>
    public void Scan(SimulatedOfficialAccount account, string scene)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(scene);
        Scan(account, scene, Ticket(account, scene));
    }

    /// <summary>Scans a code that the account has made; otherwise as <see cref="Scan(SimulatedOfficialAccount, string)"/>.</summary>
    /// <param name="account">The account.</param>
    /// <param name="code">The code.</param>
    /// <returns><see langword="false"/> when the code has expired (二维码已过期): nothing happens then.</returns>
    public bool Scan(SimulatedOfficialAccount account, SimulatedQrCode code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (_platform.Now >= code.ExpiresAt)
        {
            return false;
        }

        Scan(account, code.Scene, code.Ticket);
        return true;
    }

    /// <summary>Writes to an account that the person follows. Five customer service messages may answer within 48 hours.</summary>
    /// <param name="account">The account.</param>
    /// <param name="text">What the person writes.</param>
    /// <exception cref="InvalidOperationException">The person does not follow the account.</exception>
    public void Write(SimulatedOfficialAccount account, string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        if (!Own(account).Followers.IsFollowing(Index))
        {
            throw new InvalidOperationException($"Person {Index} does not follow {account.AppId}, and so cannot write to it.");
        }

        Write(account.App, text);
    }

    /// <summary>Writes to the customer service of a Mini Program. Five customer service messages may answer within 48 hours.</summary>
    /// <param name="miniProgram">The Mini Program.</param>
    /// <param name="text">What the person writes.</param>
    public void Write(SimulatedMiniProgram miniProgram, string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        Write(Own(miniProgram).App, text);
    }

    /// <summary>Taps an entry of the account's menu that stands for an event (<c>CLICK</c>).</summary>
    /// <param name="account">The account.</param>
    /// <param name="key">The entry's key.</param>
    /// <exception cref="InvalidOperationException">The person does not follow the account.</exception>
    public void ClickMenu(SimulatedOfficialAccount account, string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        if (!Own(account).Followers.IsFollowing(Index))
        {
            throw new InvalidOperationException($"Person {Index} does not follow {account.AppId}, and so does not see its menu.");
        }

        account.App.CustomerWindows.Acted(Index, _platform.Now);
        _platform.Callbacks.Raise(account.App, Index, "CLICK", ("EventKey", key));
    }

    /// <summary>Opens the customer service of a Mini Program (<c>user_enter_tempsession</c>). Two messages may answer within a minute.</summary>
    /// <param name="miniProgram">The Mini Program.</param>
    public void EnterCustomerService(SimulatedMiniProgram miniProgram)
    {
        Own(miniProgram).App.CustomerWindows.Entered(Index, _platform.Now);
        _platform.Callbacks.Raise(miniProgram.App, Index, "user_enter_tempsession", ("SessionFrom", ""));
    }

    /// <summary>
    /// Answers the request for subscribe messages that a Mini Program puts up (<c>wx.requestSubscribeMessage</c>): one "allow" is one message.
    /// </summary>
    /// <param name="miniProgram">The Mini Program.</param>
    /// <param name="template">One of its <see cref="SimulatedMiniProgram.SubscriptionTemplates"/>.</param>
    /// <param name="accepts">Whether the person allows it.</param>
    public void AnswerSubscription(SimulatedMiniProgram miniProgram, SimulatedTemplate template, bool accepts = true) =>
        Find(Own(miniProgram).App, template).Tap(Index, template, accepts);

    /// <summary>Answers the request for subscribe notices (订阅通知) that an Official Account puts up: one "allow" is one notice.</summary>
    /// <param name="account">The account.</param>
    /// <param name="template">One of its <see cref="SimulatedOfficialAccount.SubscriptionTemplates"/>.</param>
    /// <param name="accepts">Whether the person allows it.</param>
    public void AnswerSubscription(SimulatedOfficialAccount account, SimulatedTemplate template, bool accepts = true) =>
        Find(Own(account).App, template).Tap(Index, template, accepts);

    /// <summary>Turns a template off in the Mini Program's settings: what was allowed before is gone.</summary>
    /// <param name="miniProgram">The Mini Program.</param>
    /// <param name="template">One of its <see cref="SimulatedMiniProgram.SubscriptionTemplates"/>.</param>
    public void TurnOffSubscription(SimulatedMiniProgram miniProgram, SimulatedTemplate template) =>
        Find(Own(miniProgram).App, template).TurnOff(Index, template);

    /// <summary>Turns a template of subscribe notices off: what was allowed before is gone.</summary>
    /// <param name="account">The account.</param>
    /// <param name="template">One of its <see cref="SimulatedOfficialAccount.SubscriptionTemplates"/>.</param>
    public void TurnOffSubscription(SimulatedOfficialAccount account, SimulatedTemplate template) =>
        Find(Own(account).App, template).TurnOff(Index, template);

    /// <summary>How many subscribe messages of a template the person has still allowed. No API of the platform tells it.</summary>
    /// <param name="miniProgram">The Mini Program.</param>
    /// <param name="template">One of its <see cref="SimulatedMiniProgram.SubscriptionTemplates"/>.</param>
    public int SubscriptionsLeft(SimulatedMiniProgram miniProgram, SimulatedTemplate template) =>
        Find(Own(miniProgram).App, template).Credits(Index, template.Id);

    /// <summary>How many subscribe notices of a template the person has still allowed. No API of the platform tells it.</summary>
    /// <param name="account">The account.</param>
    /// <param name="template">One of its <see cref="SimulatedOfficialAccount.SubscriptionTemplates"/>.</param>
    public int SubscriptionsLeft(SimulatedOfficialAccount account, SimulatedTemplate template) =>
        Find(Own(account).App, template).Credits(Index, template.Id);

    /// <summary>Stops following an account (取消关注). A refusal of its messages ends with it; the blacklist stays.</summary>
    /// <param name="account">The account.</param>
    public void Unfollow(SimulatedOfficialAccount account)
    {
        if (Own(account).Followers.Unfollow(Index))
        {
            account.App.CustomerWindows.Close(Index);
            _platform.Callbacks.Raise(account.App, Index, "unsubscribe", ("EventKey", ""));
        }
    }

    /// <summary>Turns the account's messages off on the phone while following it: what happens then is the account's
    /// <see cref="SimulatedOfficialAccount.RefusedMessages"/>.</summary>
    /// <param name="account">The account.</param>
    public void RefuseMessages(SimulatedOfficialAccount account) => Own(account).Followers.SetRefuses(Index, true);

    /// <summary>Turns the account's messages on again.</summary>
    /// <param name="account">The account.</param>
    public void AcceptMessages(SimulatedOfficialAccount account) => Own(account).Followers.SetRefuses(Index, false);

    /// <summary>The account's operator puts the person on its blacklist (黑名单), or takes the person off it. A send to somebody on it answers 43019.</summary>
    /// <param name="account">The account.</param>
    /// <param name="listed">Whether the person is on it.</param>
    public void SetBlacklisted(SimulatedOfficialAccount account, bool listed = true) => Own(account).Followers.SetBlacklisted(Index, listed);

    /// <summary>Whether the person follows the account now.</summary>
    /// <param name="account">The account.</param>
    public bool IsFollowing(SimulatedOfficialAccount account) => Own(account).Followers.IsFollowing(Index);

    /// <summary>
    /// Opens a Mini Program and runs <c>wx.login</c>: gives the <c>js_code</c> for one <c>jscode2session</c> within five minutes. The person's earlier
    /// session key ends with it.
    /// </summary>
    /// <param name="miniProgram">The Mini Program.</param>
    public string CreateLoginCode(SimulatedMiniProgram miniProgram) => Own(miniProgram).Logins.CreateCode(Index, _platform.Now);

    /// <summary>The platform takes the person for a risk: a login answers 40226.</summary>
    /// <param name="miniProgram">The Mini Program.</param>
    /// <param name="blocked">Whether logins are refused.</param>
    public void SetLoginBlocked(SimulatedMiniProgram miniProgram, bool blocked = true) => Own(miniProgram).Logins.SetBlocked(Index, blocked);

    /// <summary>
    /// Runs <c>wx.getUserInfo</c> in a Mini Program: what the client hands to its server, encrypted with the session key of the person's last
    /// <c>wx.login</c>. Holds the UnionID when the Mini Program is bound, also where the login withheld it.
    /// </summary>
    /// <param name="miniProgram">The Mini Program.</param>
    /// <exception cref="InvalidOperationException">The person has not run <c>wx.login</c> in it (<see cref="CreateLoginCode"/>).</exception>
    public SimulatedUserInfo GetUserInfo(SimulatedMiniProgram miniProgram) => SimulatedUserInfo.Create(_platform, Own(miniProgram), Index);

    /// <inheritdoc/>
    public bool Equals(SimulatedPerson? other) => other is not null && Index == other.Index && ReferenceEquals(_platform, other._platform);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SimulatedPerson);

    /// <inheritdoc/>
    public override int GetHashCode() => Index.GetHashCode();

    /// <summary>The person's number.</summary>
    public override string ToString() => $"person {Index}";

    private static SubscriptionBook Find(SimulatedApp app, SimulatedTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return ReferenceEquals(app.Subscriptions.Find(template.Id), template)
            ? app.Subscriptions
            : throw new ArgumentException($"{app.AppId} has no subscription template {template.Id}.", nameof(template));
    }

    private void Scan(SimulatedOfficialAccount account, string scene, string ticket)
    {
        if (!Own(account).Followers.IsFollowing(Index))
        {
            Follow(account, "ADD_SCENE_QR_CODE", scene, ticket);
            return;
        }

        account.App.CustomerWindows.Acted(Index, _platform.Now);
        _platform.Callbacks.Raise(account.App, Index, "SCAN", ("EventKey", scene), ("Ticket", ticket));
    }

    private void Write(SimulatedApp app, string text)
    {
        app.CustomerWindows.Wrote(Index, _platform.Now);
        var id = _platform.NextMessageNumber().ToString(CultureInfo.InvariantCulture);
        _platform.Callbacks.Raise(app, Index, "text", (callback, openId, now) => PushMessage.Write(callback.UsesJson,
        [
            ("ToUserName", app.OriginalId), ("FromUserName", openId), ("CreateTime", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
            ("MsgType", "text"), ("Content", text), ("MsgId", id),
        ]));
    }

    private string Ticket(SimulatedOfficialAccount account, string scene) =>
        "gQ" + Scrambler.Text(Scrambler.Hash(Scrambler.Hash(_platform.SeedState, account.AppId), scene), 94);

    private SimulatedOfficialAccount Own(SimulatedOfficialAccount account)
    {
        ArgumentNullException.ThrowIfNull(account);
        _platform.ThrowIfForeign(account.App);
        return account;
    }

    private SimulatedMiniProgram Own(SimulatedMiniProgram miniProgram)
    {
        ArgumentNullException.ThrowIfNull(miniProgram);
        _platform.ThrowIfForeign(miniProgram.App);
        return miniProgram;
    }
}
