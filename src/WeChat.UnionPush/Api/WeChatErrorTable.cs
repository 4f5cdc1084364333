using static WeChat.UnionPush.WeChatErrorClass;

namespace WeChat.UnionPush;

/// <summary>
/// The return codes of the platform as data: the general reading of each, and the readings that differ at single APIs. Built when the first
/// error is looked at, so a process that meets none never pays for it.
/// </summary>
internal static class WeChatErrorTable
{
    private const string LogInAgain = "Let the Mini Program call wx.login again and send the new code.";
    private const string SkipRecipient = "Skip this person and record it.";
    private const string MarkUnfollowed = "Skip this person until they follow again; when everybody gets this code, the openids are of another account.";
    private const string FixRequest = "Correct the request; sending it again as it is does not help.";
    private const string FixEncoding = "Send plain UTF-8 text instead of \\u escapes.";
    private const string WaitAMinute = "Wait for the next minute and send more slowly.";
    private const string WaitForTomorrow = "Stop until the counter is reset at 00:00 China time, or reset it with clear_quota.";
    private const string RenewToken = "Fetch another access token and try once more; when that fails too, somebody else is replacing the account's token.";
    private const string AskPlatform = "Look into the account's notices on mp.weixin.qq.com: a human has to settle this with the platform.";
    private const string StopTemplate = "Stop using this template and look at its state on mp.weixin.qq.com.";
    private const string ConfirmAddress = "The account's administrator has to confirm this address in WeChat before the account gets tokens again.";
    private const string UseTemplateMessages = "Join the user on the UnionID and send a template message instead.";
    private const string ThirdParty = "Check the authorisation between the account and the third-party platform.";
    private const string RetryLater = "Try again later.";
    private const string SignRequest = "Check the keys of API security (API安全) in the Mini Program's console, or switch it off for this API.";
    private const string AddAddress =
        "Add the address in the text to the account's API IP whitelist (API IP白名单): on developers.weixin.qq.com/platform for an Official Account, on " +
            "mp.weixin.qq.com for a Mini Program.";

    private static readonly WeChatErrorReading Unknown = new(
        Request, "a code this library does not know", "Look the code up in the platform's list of return codes; the call is not tried again.");

    private static readonly Dictionary<int, WeChatErrorReading> General = new()
    {
        [-1] = new(Transient, "the platform is busy", "Try again after a pause, a send with the same client_msg_id."),
        [0] = new(Request, "success", "Nothing is to be done."),
        [10700] = new(Recipient, "the recipient is not a follower", MarkUnfollowed),
        [10703] = new(Recipient, "the recipient turned messages off", SkipRecipient),
        [10706] = new(Recipient, "the recipient has not written within the last 48 hours", SkipRecipient),
        [40001] = new(TokenInvalid, "the access token is not valid or not the latest", RenewToken),
        [40002] = new(Request, "the grant_type is not valid", "Send grant_type client_credential, or authorization_code at jscode2session."),
        [40003] = new(Recipient, "the openid is not one of this account", MarkUnfollowed),
        [40007] = new(Request, "the media id is not valid", FixRequest),
        [40008] = new(Request, "the message type is not valid", FixRequest),
        [40013] = new(Config, "the app id is not valid", "Check the app id, its case and stray blanks included."),
        [40014] = new(TokenInvalid, "the access token is not valid", RenewToken),
        [40029] = new(Request, "the login code is wrong, has expired, or belongs to another app", LogInAgain),
        [40030] = new(Request, "the refresh token is not valid", "Let the user authorise again."),
        [40031] = new(Request, "the list of openids is not valid", FixRequest),
        [40032] = new(Request, "the list of openids is empty or too long", "Ask for at most 100 openids a call."),
        [40033] = new(Request, "the body holds characters that are not allowed", FixEncoding),
        [40034] = new(Request, "the size of the template is not valid", FixRequest),
        [40035] = new(Request, "a parameter is not valid", FixRequest),
        [40036] = new(Request, "the template id is missing or has the wrong length", "Give the template_id as the account's template list shows it."),
        [40037] = new(Template, "the template is not one of this account's template messages",
            "Use an id from this account's template list; the id of a subscribe notification (订阅通知) was probably used."),
        [40038] = new(Request, "the format of the request is not valid", FixRequest),
        [40039] = new(Request, "the length of the URL is not valid", "Give a shorter URL, or none."),
        [40048] = new(Request, "the domain of the URL is not valid", "Give a URL on a domain the account may use."),
        [40062] = new(Request, "the title is too long", "Give a title of at most 15 characters."),
        [40066] = new(Request, "the URL is not valid", "Give an absolute http or https URL."),
        [40090] = new(Config, "the caller's address is not valid", "Check which address this machine calls from, and the account's IP whitelist (IP白名单)."),
        [40097] = new(Request, "a parameter is not valid", FixRequest),
        [40125] = new(Config, "the AppSecret is wrong", "Check the AppSecret: it was mistyped, reset in the console, or belongs to another app id."),
        [40132] = new(Request, "the WeChat id is not valid", FixRequest),
        [40163] = new(Request, "the login code was used before", LogInAgain),
        [40164] = new(Config, "the caller's address is not on the account's IP whitelist", AddAddress),
        [40165] = new(Config, "the page path of the Mini Program is not valid", "Give the path of a page that the published Mini Program has."),
        [40166] = new(Config, "the app id of the Mini Program is not valid", "Associate (关联) the Mini Program with the Official Account, or correct its app id."),
        [40200] = new(Config, "the account's type does not allow the call", "Check that the token is of the right account, and which types of account the API's page names."),
        [40201] = new(Request, "the callback URL is not valid", "Set the URL of the message push on mp.weixin.qq.com."),
        [40202] = new(Request, "the action is not valid", "Use all, dns or ping."),
        [40203] = new(Request, "the operator is not valid", "Use DEFAULT, CHINANET, UNICOM or CAP."),
        [40221] = new(Request, "the content encoding is not valid", "Send the body uncompressed."),
        [40222] = new(Config, "the domain of the data centre is not valid", "Check the host names the calls are sent to."),
        [40226] = new(Recipient, "the platform rates this user as risky and refuses the sign-in", "Refuse the sign-in."),
        [40230] = new(Config, "API security: the header with the serial number is missing", SignRequest),
        [40231] = new(Config, "API security: the header with the timestamp is missing", SignRequest),
        [40232] = new(Config, "API security: the header with the signature is missing", SignRequest),
        [40233] = new(Config, "API security: the header with the app id is missing", SignRequest),
        [40234] = new(Config, "API security: the signature is wrong", SignRequest),
        [40235] = new(Config, "API security: the encryption is wrong", SignRequest),
        [40236] = new(Config, "API security: the app id is not valid", SignRequest),
        [40237] = new(Config, "API security: the app id is not the one the access token is of", SignRequest),
        [40238] = new(Config, "API security: no symmetric key is set", SignRequest),
        [40239] = new(Config, "API security: no public key is set", SignRequest),
        [40240] = new(Transient, "API security: the timestamp has expired", "Set the clock of this machine, and sign the request anew."),
        [40241] = new(Duplicate, "the same message went to the same person within 60 seconds", "Take it as delivered."),
        [40243] = new(Config, "the AppSecret is frozen", "Unfreeze the AppSecret in the console."),
        [40246] = new(Request, "the keyword list is not valid", "Give keywords of the library template, in its spelling."),
        [40247] = new(Request, "a template of the category library is required", "Use a category template (类目模板)."),
        [40249] = new(Template, "the content was blocked as marketing or illegal", StopTemplate),
        [40252] = new(Template, "part of the template is under review", "Pause this template for some hours; queryblocktmplmsg lists what was held back."),
        [41001] = new(Request, "the access token is missing", FixRequest),
        [41002] = new(Request, "the app id is missing", "Send the app id; a body that is not JSON is answered like this too."),
        [41004] = new(Request, "the AppSecret is missing", "Send the AppSecret; a body that is not JSON is answered like this too."),
        [41008] = new(Request, "the login code is missing", LogInAgain),
        [41009] = new(Request, "the openid is missing", FixRequest),
        [41010] = new(Request, "the URL is missing", FixRequest),
        [41011] = new(Request, "a required field is missing", FixRequest),
        [41028] = new(Request, "the form id is not valid: the API of Mini Program templates is gone", UseTemplateMessages),
        [41029] = new(Request, "the form id is used up: the API of Mini Program templates is gone", UseTemplateMessages),
        [41030] = new(Config, "the page path is wrong, or the Mini Program is not published", "Give the path of a page that the published Mini Program has."),
        [42001] = new(TokenInvalid, "the access token has expired", RenewToken),
        [42002] = new(Request, "the refresh token has expired", "Let the user authorise again."),
        [42003] = new(Request, "the OAuth code has expired", "Let the user authorise again."),
        [42005] = new(Config, "the right to use the API has expired", AskPlatform),
        [42007] = new(Request, "the user changed the password, and the refresh token ended", "Let the user authorise again."),
        [43001] = new(Request, "GET is required", FixRequest),
        [43002] = new(Request, "POST is required", FixRequest),
        [43003] = new(Request, "HTTPS is required", "Set a base address that begins with https."),
        [43004] = new(Recipient, "the recipient does not follow the Official Account", MarkUnfollowed),
        [43005] = new(Recipient, "the recipient must be a friend", SkipRecipient),
        [43019] = new(Recipient, "the recipient is on the account's blacklist", SkipRecipient),
        [43100] = new(Quota, "industry or templates were changed too often", "Wait until next month, or leave them as they are."),
        [43101] = new(Recipient, "the recipient refuses the message", "Skip this person until they accept messages again."),
        [43102] = new(Config, "the type of the template is wrong", "Use a template of the type this API sends."),
        [43103] = new(Config, "the type of the template is wrong", "Use a template of the type this API sends."),
        [43104] = new(Config, "the account may not use this API", AskPlatform),
        [43105] = new(Config, "the account may not use this API", AskPlatform),
        [43106] = new(Config, "the account may not add templates, as a punishment", AskPlatform),
        [43107] = new(Config, "the account or the template is banned from subscribe messages (订阅消息)", AskPlatform),
        [43108] = new(Transient, "several messages are under way to this person at the same time",
            "Send to one person one message after the other, and this one again after a moment."),
        [43116] = new(Template, "the template is banned", StopTemplate),
        [43117] = new(RateLimited, "this person gets messages too often", "Send to this person later; others are not concerned."),
        [44002] = new(Request, "the body is empty", "Send the body with a Content-Length; a proxy may have dropped it."),
        [44007] = new(Duplicate, "the message id was used before", "Take it as delivered."),
        [44990] = new(RateLimited, "too many calls in a second", "Wait a second and send more slowly."),
        [45009] = new(Quota, "the day's calls are used up", WaitForTomorrow),
        [45011] = new(RateLimited, "the minute's calls are used up", WaitAMinute),
        [45012] = new(Request, "the template is too long", FixRequest),
        [45013] = new(Request, "the arguments of the template are too long", FixRequest),
        [45014] = new(Request, "the message is too long", FixRequest),
        [45015] = new(Recipient, "the time to answer this person is over", SkipRecipient),
        [45026] = new(Config, "the account has as many templates as it may have", "Delete a template that is no longer used."),
        [45027] = new(Config, "the template does not fit the account's industry", "Choose a template of the account's industry or category."),
        [45035] = new(Config, "the caller's address is not registered", AddAddress),
        [45040] = new(Quota, "the month's calls are used up", "Stop until the month ends."),
        [45047] = new(Recipient, "this person has got as many messages as may be sent without an answer", SkipRecipient),
        [45051] = new(Config, "a link in the template is not valid", "Correct the link."),
        [45065] = new(Duplicate, "the client message id exists", "Take it as delivered."),
        [45066] = new(RateLimited, "the same client message id came again too soon", WaitAMinute),
        [45067] = new(Request, "the client message id is too long", "Use at most 32 letters, digits, hyphens and underscores."),
        [45082] = new(Config, "the domain of the link has no ICP registration", "Link to a domain with an ICP registration (备案)."),
        [45102] = new(Config, "the API is blocked for a while", AskPlatform),
        [45103] = new(Config, "the API was retired", UseTemplateMessages),
        [45104] = new(RateLimited, "the domain's calls are used up", RetryLater),
        [45109] = new(Config, "the API was retired", UseTemplateMessages),
        [45168] = new(Request, "a value holds a word the platform blocks", "Change the text."),
        [45169] = new(Transient, "somebody else changes this person's tags at the moment", RetryLater),
        [45171] = new(Recipient, "the call failed for some of the openids", "Read fail_openid_list and skip those."),
        [45501] = new(Config, "the platform's supervisor blocks the account's calls", AskPlatform),
        [46004] = new(Recipient, "there is no such user", SkipRecipient),
        [46101] = new(Config, "the API was retired", UseTemplateMessages),
        [47001] = new(Request, "the body cannot be parsed", "Send JSON as UTF-8, with every field of the type the platform asks for."),
        [47002] = new(Request, "the body holds \\u escapes", FixEncoding),
        [47003] = new(Request, "a value of the template is not valid", "Correct the value the text names: it is missing, empty, or breaks the rule of its type."),
        [48001] = new(Config, "the account has no right to this API", "Verify (认证) the account, and check that the token is of the right account."),
        [48002] = new(Recipient, "the recipient turned the account's messages off", "Skip this person until they accept messages again."),
        [48003] = new(Config, "the agreement on mass messages is not accepted", "Accept the agreement on mp.weixin.qq.com."),
        [48004] = new(Config, "the API is banned for this account", AskPlatform),
        [48006] = new(Quota, "the month's resets of the quota are used up", "Wait until next month."),
        [48008] = new(Config, "the account has no right to this type of message", AskPlatform),
        [48009] = new(Config, "the right to use the API has expired", AskPlatform),
        [48011] = new(Template, "the template is disabled", StopTemplate),
        [48012] = new(TokenInvalid, "the token is not valid", RenewToken),
        [49001] = new(Config, "the app id is not the one the access token is of", "Check which account the access token belongs to."),
        [49003] = new(Recipient, "the openid does not belong to the app id", MarkUnfollowed),
        [50001] = new(Config, "the user has not authorised the API", AskPlatform),
        [50002] = new(Config, "the user or the account is limited", AskPlatform),
        [50003] = new(Recipient, "the user is not on the whitelist", SkipRecipient),
        [50004] = new(Config, "the account is barred from access tokens, perhaps as a punishment", AskPlatform),
        [50005] = new(Recipient, "the recipient no longer follows the Official Account", MarkUnfollowed),
        [50007] = new(Config, "the account is frozen", AskPlatform),
        [61003] = new(Config, "the account has not authorised the third-party platform", ThirdParty),
        [61004] = new(Config, "the caller's address is not on the account's IP whitelist", AddAddress),
        [61005] = new(Config, "the ticket of the third-party platform has expired", ThirdParty),
        [61006] = new(Config, "the ticket of the third-party platform is not valid", ThirdParty),
        [61007] = new(Config, "the API is not authorised to the third-party platform", ThirdParty),
        [61016] = new(Config, "the category of the API is not authorised to the third-party platform", ThirdParty),
        [61017] = new(Config, "the category of the API is not confirmed by the third-party platform", ThirdParty),
        [61023] = new(Config, "the refresh token of the third-party platform is not valid", ThirdParty),
        [61450] = new(Transient, "the platform had an error of its own", RetryLater),
        [61451] = new(Request, "a parameter is not valid", FixRequest),
        [62751] = new(Recipient, "the recipient is on a blacklist", SkipRecipient),
        [76001] = new(Request, "the rid is not known", "Check the rid; those of /sns calls cannot be looked up."),
        [76002] = new(Request, "the rid is empty or malformed", "Give the rid as the answer's text has it."),
        [76003] = new(Request, "the rid is of another account's call", "Look it up with the token of the account that made the call."),
        [76004] = new(Request, "the rid is older than seven days", "Look rids up within seven days."),
        [76021] = new(Request, "there is no such API path", "Give the path with its leading slash, such as /cgi-bin/message/template/send."),
        [76022] = new(Request, "the token is not of the account the API belongs to, or the API has no quota to read", "Use the token of the account that calls this API."),
        [85431] = new(Transient, "service card (服务卡片): the platform had an error of its own", RetryLater),
        [85433] = new(Request, "service card (服务卡片): the check_json is not valid", FixRequest),
        [85434] = new(Request, "service card (服务卡片): the notify_type is not valid", FixRequest),
        [85437] = new(Recipient, "service card (服务卡片): the notify_code is not valid or has expired", "Skip this card; in the first minute after a payment, try again."),
        [85470] = new(Request, "service card (服务卡片): the ext_json is not valid", FixRequest),
        [87007] = new(Request, "the session key does not exist or has expired", LogInAgain),
        [87008] = new(Request, "the sig_method is not valid", "Send hmac_sha256."),
        [87009] = new(Request, "the signature does not fit the session key", LogInAgain),
        [87014] = new(Request, "the content is risky", "Change the content."),
        [89000] = new(Config, "the account is bound to an Open Platform account already", "Unbind it on open.weixin.qq.com first."),
        [89001] = new(Config, "the accounts are not of one owner", "Bind accounts of the same owner to one Open Platform account."),
        [89002] = new(Config, "the account is not bound to an Open Platform account", "Bind it on open.weixin.qq.com; there is no UnionID before that."),
        [89501] = new(Config, "the address waits for the administrator's confirmation", ConfirmAddress),
        [89502] = new(Config, "the address waits for confirmation", ConfirmAddress),
        [89503] = new(Config, "the address waits for the administrator's confirmation", ConfirmAddress),
        [89504] = new(Config, "the address waits for confirmation", ConfirmAddress),
        [89505] = new(Config, "the address waits for confirmation", ConfirmAddress),
        [89506] = new(Config, "the administrator refused this address twice, and it is blocked for 24 hours", ConfirmAddress),
        [89507] = new(Config, "the administrator refused this address, and it is blocked for an hour", ConfirmAddress),
        [200011] = new(Request, "the account is banned from managing subscription templates", AskPlatform),
        [200012] = new(Request, "the account has as many subscription templates as it may have", "Delete a template that is no longer used."),
        [200013] = new(Request, "the subscription template is banned", "Choose another template."),
        [200014] = new(Request, "the tid of the template is not valid", FixRequest),
        [200015] = new(Request, "the subscription template call is not valid", FixRequest),
        [200016] = new(Request, "the start is not valid", FixRequest),
        [200017] = new(Request, "the limit is not valid", FixRequest),
        [200018] = new(Request, "the category ids are missing", FixRequest),
        [200019] = new(Request, "the category ids are not valid", FixRequest),
        [200020] = new(Request, "the keyword list kidList is not valid", "Give two to five keywords of the template."),
        [200021] = new(Request, "the sceneDesc is not valid", "Describe the scene in at most 15 characters."),
        [200022] = new(Request, "the subscription template call is not valid", FixRequest),
        [200100] = new(Request, "the subscription template call is not valid", FixRequest),
        [9001001] = new(Request, "the posted data is not valid", FixRequest),
        [9001002] = new(Transient, "a service of the platform is not available", RetryLater),
        [268487001] = new(Transient, "the platform is busy", RetryLater),
        [268487002] = new(Transient, "the platform is busy", RetryLater),
    };

    private static readonly WeChatErrorReading WrongSecret = new(
        Config, "the AppSecret is wrong", "Check the AppSecret: it was mistyped, reset in the console, or belongs to another app id.");

    private static readonly WeChatErrorReading WrongNextOpenId = new(
        Request, "the next_openid is not one of this account", "Begin the walk over the followers anew.");

    private static readonly WeChatErrorReading WrongOwnAppId = new(
        Config, "the app id is not valid", "Check the app id and that the AppSecret is of the same account; case and stray blanks count.");

    private static readonly WeChatErrorReading MiniProgramNotAssociated = new(
        Config, "the Mini Program the message opens is not associated with the Official Account",
        "Associate (关联) the Mini Program with the Official Account on mp.weixin.qq.com, or correct its app id in the message.");

    private static readonly WeChatErrorReading WrongLibraryTemplate = new(
        Request, "there is no such template", "Give an id the template library, or the account's template list, shows.");

    private static readonly WeChatErrorReading WrongSubscriptionTemplate = new(
        Template, "the template is not one of this app's subscription templates (订阅消息), or a long-term one that this API does not take",
        "Use an id of the app's own subscription templates; the id of a template message (模板消息) was probably used.");

    private static readonly WeChatErrorReading NotSubscribed = new(
        Recipient, "the user has not agreed to this subscribe message, has used up what they agreed to, or refuses", "Ask the user for another tap (wx.requestSubscribeMessage).");

    private static readonly WeChatErrorReading MinuteUsedUp = new(RateLimited, "the minute's calls are used up", WaitAMinute);

    private static readonly WeChatErrorReading DayUsedUp = new(Quota, "the day's calls are used up", WaitForTomorrow);

    private static readonly WeChatErrorReading BusyAtSignIn = new(
        Transient, "the platform is busy", "The code may be used up, so it was not sent again: have the client call wx.login again and send the new code.");

    private static readonly WeChatErrorReading UserSignsInTooOften = new(
        RateLimited, "this user signs in too often, 100 times a minute are allowed", "Let this user wait a minute; others are not concerned.");

    private static readonly WeChatErrorReading OnePersonLimited = new(
        Recipient, "the user is limited", "Skip this person; when everybody gets this code, the Official Account itself is frozen.");

    /// <summary>Every known code, ascending.</summary>
    internal static IReadOnlyCollection<WeChatErrorCode> Codes { get; } =
        Array.AsReadOnly(General.Keys.Order().Select(static code => new WeChatErrorCode(code)).ToArray());

    /// <summary>The general reading of a code, or <see langword="null"/>.</summary>
    internal static WeChatErrorReading? Find(int code) => General.GetValueOrDefault(code);

    /// <summary>The general reading of a code; of an unknown one, that it is unknown.</summary>
    internal static WeChatErrorReading Get(int code) => Find(code) ?? Unknown;

    /// <summary>The reading of a code at one API. The text matters for 45009 and 45011 only, whose day and minute cannot be told otherwise.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="code">The platform's code.</param>
    /// <param name="errorMessage">The platform's text, if any.</param>
    internal static WeChatErrorReading Read(string apiPath, int code, string? errorMessage) => code switch
    {
        -1 when apiPath is "/sns/jscode2session" => BusyAtSignIn,
        40001 when CarriesSecret(apiPath) => WrongSecret,
        40003 when apiPath is "/cgi-bin/user/get" => WrongNextOpenId,
        40013 when CarriesSecret(apiPath) => WrongOwnAppId,
        40013 when IsSend(apiPath) => MiniProgramNotAssociated,
        40037 when IsSubscribe(apiPath) => WrongSubscriptionTemplate,
        43101 when IsSubscribe(apiPath) => NotSubscribed,
        40037 when apiPath.StartsWith("/cgi-bin/template/", StringComparison.Ordinal) => WrongLibraryTemplate,
        45009 or 45011 when Says(errorMessage, "minute") => apiPath is "/sns/jscode2session" ? UserSignsInTooOften : MinuteUsedUp,
        45009 or 45011 when Says(errorMessage, "daily") => DayUsedUp,
        45011 when apiPath is "/sns/jscode2session" => UserSignsInTooOften,
        50002 when apiPath is "/cgi-bin/user/info" || IsSend(apiPath) => OnePersonLimited,
        _ => Get(code),
    };

    /// <summary>Whether an API is called with the AppSecret and without an access token.</summary>
    internal static bool CarriesSecret(string apiPath) =>
        apiPath is "/cgi-bin/token" or "/cgi-bin/stable_token" or "/sns/jscode2session" or "/sns/oauth2/access_token" or "/cgi-bin/clear_quota/v2";

    private static bool IsSubscribe(string apiPath) => apiPath.StartsWith("/cgi-bin/message/subscribe/", StringComparison.Ordinal);

    private static bool IsSend(string apiPath) => apiPath.StartsWith("/cgi-bin/message/", StringComparison.Ordinal);

    private static bool Says(string? errorMessage, string word) =>
        errorMessage is not null && errorMessage.Contains(word, StringComparison.OrdinalIgnoreCase);
}
