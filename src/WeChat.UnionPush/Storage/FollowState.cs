namespace WeChat.UnionPush;

/// <summary>Whether a person follows an Official Account.</summary>
public enum FollowState
{
    /// <summary>Not known, or not applicable: the identity belongs to a Mini Program, which nobody follows.</summary>
    Unknown = 0,

    /// <summary>Follows the account (关注).</summary>
    Following = 1,

    /// <summary>Does not follow the account, or does so no longer.</summary>
    NotFollowing = 2,

    /// <summary>Follows the account but refuses its messages: turned them off, or is on the account's blacklist.</summary>
    Refusing = 3,
}
