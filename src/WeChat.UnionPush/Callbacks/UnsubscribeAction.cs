namespace WeChat.UnionPush;

/// <summary>What becomes of a person who stops following the Official Account.</summary>
public enum UnsubscribeAction
{
    /// <summary>The person is kept as no longer following, and is known again on return.</summary>
    MarkNotFollowing = 0,

    /// <summary>
    /// The person is erased: every identity of any app that carries the UnionID, and the openid of every receipt. Follow and sign-in bring the person
    /// back.
    /// </summary>
    Erase,
}
