namespace WeChat.UnionPush;

/// <summary>
/// The one table of what each code of <c>template/send</c> comes to: the status, what is learned of the recipient and for how long, what became of an
/// attempt before it, and whether another channel may help. What a code means to a human is in <see cref="WeChatErrorTable"/>.
/// </summary>
internal static class SendOutcomes
{
    private const string Path = "/cgi-bin/message/template/send";

    private static readonly SendOutcome Thrown = new(null) { StatusAfterLoss = PushStatus.Unknown };

    // A refusal of the message or the template was the lost attempt's fate too; one of the recipient was not, who may have left in between.
    private static readonly SendOutcome ThrownLikeTheLostOne = new(null);

    private static readonly SendOutcome Duplicate = new(PushStatus.Duplicate) { StatusAfterLoss = PushStatus.Sent };

    // 40003 and its like strike everybody when the account or its token is wrong, and would empty the repository.
    private static readonly SendOutcome NobodyHere = new(PushStatus.NotFollowing) { StatusAfterLoss = PushStatus.Unknown, AnotherChannelMayHelp = true };

    // Single refusals of true followers were reported, so it is believed until the person was asked for.
    private static readonly SendOutcome Left = NobodyHere with { Learned = FollowState.NotFollowing, Memory = SendMemory.UntilChecked };

    private static readonly SendOutcome Refuses = new(PushStatus.Refused)
    {
        StatusAfterLoss = PushStatus.Unknown,
        Learned = FollowState.Refusing,
        Memory = SendMemory.UntilNextWalk,
        AnotherChannelMayHelp = true,
    };

    // "User limited": the recipient's account in one table, the Official Account in another.
    private static readonly SendOutcome Limited = new(PushStatus.Refused) { StatusAfterLoss = PushStatus.Unknown, AnotherChannelMayHelp = true };

    private static readonly SendOutcome TooFrequent = new(PushStatus.TooFrequent) { StatusAfterLoss = PushStatus.Unknown, AnotherChannelMayHelp = true };

    /// <summary>What a refusal comes to.</summary>
    /// <param name="errorCode">The platform's code; not 0.</param>
    /// <param name="errorMessage">The platform's text, if any.</param>
    public static SendOutcome Of(int errorCode, string? errorMessage) => errorCode switch
    {
        WeChatErrorCodes.RequireSubscribe or WeChatErrorCodes.UserUnsubscribed or WeChatErrorCodes.NotAFan => Left,
        WeChatErrorCodes.UserRefused or WeChatErrorCodes.MessagesTurnedOff or WeChatErrorCodes.RecipientInBlacklist
            or WeChatErrorCodes.Blacklisted or WeChatErrorCodes.ReceiverOff => Refuses,
        WeChatErrorCodes.UserLimited => Limited,
        WeChatErrorCodes.RecipientTooFrequent => TooFrequent,
        _ => WeChatApiErrors.Classify(Path, errorCode, errorMessage) switch
        {
            WeChatErrorClass.Duplicate => Duplicate,
            WeChatErrorClass.Recipient => NobodyHere,
            WeChatErrorClass.Template or WeChatErrorClass.Request => ThrownLikeTheLostOne,
            _ => Thrown,
        },
    };
}
