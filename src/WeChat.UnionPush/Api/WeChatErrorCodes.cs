namespace WeChat.UnionPush;

/// <summary>
/// The platform's codes that the library acts on, for <c>case</c> labels and patterns; <see cref="WeChatErrorCode"/> is their public face and
/// <see cref="WeChatErrorTable"/> says what each means.
/// </summary>
internal static class WeChatErrorCodes
{
    public const int NotAFan = 10700;
    public const int ReceiverOff = 10703;
    public const int InvalidOpenId = 40003;
    public const int InvalidAppId = 40013;
    public const int InvalidLoginCode = 40029;
    public const int InvalidTemplateId = 40037;
    public const int IpNotInWhitelist = 40164;
    public const int RequireSubscribe = 43004;
    public const int RecipientInBlacklist = 43019;
    public const int UserRefused = 43101;
    public const int RecipientBusy = 43108;
    public const int RecipientTooFrequent = 43117;
    public const int SendTooFast = 44990;
    public const int ApiQuotaReached = 45009;
    public const int ApiMinuteQuotaReached = 45011;
    public const int ApiAddressRefused = 45035;
    public const int InvalidTemplateValue = 47003;
    public const int ApiUnauthorized = 48001;
    public const int MessagesTurnedOff = 48002;
    public const int UserLimited = 50002;
    public const int UserUnsubscribed = 50005;
    public const int ClientIpNotRegistered = 61004;
    public const int Blacklisted = 62751;
    public const int SessionKeyExpired = 87007;
    public const int InvalidSignature = 87009;
    public const int IpRefusedTwice = 89506;
    public const int IpRefused = 89507;
}
