using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>
/// A return code (<c>errcode</c>) of the platform. Any number is a code; those the library knows have a meaning and advice. The class and the
/// advice here are the general reading; the same code can mean something else at one API, and <see cref="WeChatApiException.ErrorClass"/> has
/// taken that into account. See <see href="https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html"/>.
/// </summary>
/// <param name="Value">The number, such as 40001.</param>
public readonly record struct WeChatErrorCode(int Value)
{
    /// <summary>0: the call succeeded. The platform often leaves the field out instead. Not an error, so its class means nothing.</summary>
    public static WeChatErrorCode Ok => new(0);

    /// <summary>-1: the platform is busy.</summary>
    public static WeChatErrorCode SystemBusy => new(-1);

    /// <summary>40001: the access token is not valid or not the latest; at the token APIs: the AppSecret is wrong.</summary>
    public static WeChatErrorCode InvalidCredential => new(40001);

    /// <summary>40003: the openid is not one of this account.</summary>
    public static WeChatErrorCode InvalidOpenId => new(40003);

    /// <summary>40013: the app id is not valid; at a send: the Mini Program it opens is not associated with the account.</summary>
    public static WeChatErrorCode InvalidAppId => new(40013);

    /// <summary>40014: the access token is not valid.</summary>
    public static WeChatErrorCode InvalidAccessToken => new(40014);

    /// <summary>40029: the login code is wrong, has expired, or belongs to another Mini Program.</summary>
    public static WeChatErrorCode InvalidCode => new(40029);

    /// <summary>40032: a list of openids is too long or empty.</summary>
    public static WeChatErrorCode InvalidOpenIdListSize => new(40032);

    /// <summary>40036: the template id is missing or has the wrong length.</summary>
    public static WeChatErrorCode InvalidTemplateIdSize => new(40036);

    /// <summary>40037: the template is not one of this account's template messages.</summary>
    public static WeChatErrorCode InvalidTemplateId => new(40037);

    /// <summary>40125: the AppSecret is wrong.</summary>
    public static WeChatErrorCode InvalidAppSecret => new(40125);

    /// <summary>40163: the login code was used before.</summary>
    public static WeChatErrorCode CodeBeenUsed => new(40163);

    /// <summary>40164: the caller's address is not on the account's IP whitelist. 61004 says the same.</summary>
    public static WeChatErrorCode IpNotInWhitelist => new(40164);

    /// <summary>40165: the page path of the Mini Program is not valid.</summary>
    public static WeChatErrorCode InvalidMiniProgramPagePath => new(40165);

    /// <summary>40166: the app id of the Mini Program is not valid.</summary>
    public static WeChatErrorCode InvalidMiniProgramAppId => new(40166);

    /// <summary>40226: the platform refuses to sign this user in.</summary>
    public static WeChatErrorCode CodeBlocked => new(40226);

    /// <summary>40241: the same message went to the same person within 60 seconds.</summary>
    public static WeChatErrorCode DuplicateMessage => new(40241);

    /// <summary>40243: the AppSecret is frozen.</summary>
    public static WeChatErrorCode AppSecretFrozen => new(40243);

    /// <summary>40249: the content was blocked as marketing or illegal.</summary>
    public static WeChatErrorCode ContentBlocked => new(40249);

    /// <summary>40252: part of the template is under review.</summary>
    public static WeChatErrorCode TemplateUnderReview => new(40252);

    /// <summary>41001: the call carried no access token.</summary>
    public static WeChatErrorCode AccessTokenMissing => new(41001);

    /// <summary>42001: the access token has expired.</summary>
    public static WeChatErrorCode AccessTokenExpired => new(42001);

    /// <summary>43004: the recipient does not follow the Official Account.</summary>
    public static WeChatErrorCode RequireSubscribe => new(43004);

    /// <summary>43019: the recipient is on the account's blacklist.</summary>
    public static WeChatErrorCode RecipientInBlacklist => new(43019);

    /// <summary>43100: industry or template were changed too often.</summary>
    public static WeChatErrorCode ChangeTooFrequent => new(43100);

    /// <summary>43101: the recipient refuses the message.</summary>
    public static WeChatErrorCode UserRefused => new(43101);

    /// <summary>43106: the account may not add templates.</summary>
    public static WeChatErrorCode AddTemplateForbidden => new(43106);

    /// <summary>43107: the account or the template is banned from subscribe messages.</summary>
    public static WeChatErrorCode SubscribeMessagesBanned => new(43107);

    /// <summary>43108: several messages are under way to one person at the same time.</summary>
    public static WeChatErrorCode RecipientBusy => new(43108);

    /// <summary>43116: the template is banned.</summary>
    public static WeChatErrorCode TemplateBanned => new(43116);

    /// <summary>43117: this person gets messages too often.</summary>
    public static WeChatErrorCode RecipientTooFrequent => new(43117);

    /// <summary>44002: the body was empty.</summary>
    public static WeChatErrorCode EmptyPostData => new(44002);

    /// <summary>44007: the message id was used before.</summary>
    public static WeChatErrorCode RepeatedMessageId => new(44007);

    /// <summary>45009: the day's calls are used up, or the minute's where the text says so.</summary>
    public static WeChatErrorCode ApiQuotaReached => new(45009);

    /// <summary>45011: the minute's calls are used up.</summary>
    public static WeChatErrorCode ApiMinuteQuotaReached => new(45011);

    /// <summary>45026: the account has as many templates as it may have.</summary>
    public static WeChatErrorCode TooManyTemplates => new(45026);

    /// <summary>45067: the client message id is too long.</summary>
    public static WeChatErrorCode ClientMessageIdTooLong => new(45067);

    /// <summary>45109: the API was retired, as <c>uniform_send</c> was.</summary>
    public static WeChatErrorCode ApiRetired => new(45109);

    /// <summary>45168: a value holds a word the platform blocks.</summary>
    public static WeChatErrorCode KeywordBlocked => new(45168);

    /// <summary>47001: the body cannot be parsed.</summary>
    public static WeChatErrorCode DataFormatError => new(47001);

    /// <summary>47003: a value of the template is not valid.</summary>
    public static WeChatErrorCode InvalidTemplateValue => new(47003);

    /// <summary>48001: the account has no right to this API.</summary>
    public static WeChatErrorCode ApiUnauthorized => new(48001);

    /// <summary>48002: the recipient turned the account's messages off.</summary>
    public static WeChatErrorCode MessagesTurnedOff => new(48002);

    /// <summary>48004: the API is banned for this account.</summary>
    public static WeChatErrorCode ApiForbidden => new(48004);

    /// <summary>48006: the month's resets of the quota are used up.</summary>
    public static WeChatErrorCode ClearQuotaUsedUp => new(48006);

    /// <summary>49003: the openid does not belong to the app id.</summary>
    public static WeChatErrorCode OpenIdMismatch => new(49003);

    /// <summary>50002: the user, or the account, is limited.</summary>
    public static WeChatErrorCode UserLimited => new(50002);

    /// <summary>50004: the account is barred from access tokens.</summary>
    public static WeChatErrorCode AccessTokenForbidden => new(50004);

    /// <summary>50005: the recipient no longer follows.</summary>
    public static WeChatErrorCode UserUnsubscribed => new(50005);

    /// <summary>50007: the account is frozen.</summary>
    public static WeChatErrorCode AccountFrozen => new(50007);

    /// <summary>61004: the caller's address is not on the account's IP whitelist. 40164 says the same.</summary>
    public static WeChatErrorCode ClientIpNotRegistered => new(61004);

    /// <summary>87007: there is no such session key, or it has expired.</summary>
    public static WeChatErrorCode SessionKeyExpired => new(87007);

    /// <summary>87009: the signature does not fit the session key.</summary>
    public static WeChatErrorCode InvalidSignature => new(87009);

    /// <summary>89503: the call waits until the account's administrator confirms the address.</summary>
    public static WeChatErrorCode IpConfirmationPending => new(89503);

    /// <summary>Every code the library knows, in ascending order.</summary>
    public static IReadOnlyCollection<WeChatErrorCode> Known => WeChatErrorTable.Codes;

    /// <summary>Whether the library knows the code.</summary>
    public bool IsKnown => WeChatErrorTable.Find(Value) is not null;

    /// <summary>What the code means, in a few English words. Of an unknown code it says so.</summary>
    public string Meaning => WeChatErrorTable.Get(Value).Meaning;

    /// <summary>What the code asks for in general; <see cref="WeChatErrorClass.Request"/> when it is not known.</summary>
    public WeChatErrorClass Class => WeChatErrorTable.Get(Value).Class;

    /// <summary>What to do about it, in one English sentence.</summary>
    public string Advice => WeChatErrorTable.Get(Value).Advice;

    /// <summary>Turns a number into a code.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator WeChatErrorCode(int value) => new(value);

    /// <summary>The number, as in <c>40001</c>.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
