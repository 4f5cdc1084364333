namespace WeChat.UnionPush.Callbacks;

/// <summary>What to do with the data of a person who unfollows the Official Account.</summary>
public enum UnsubscribeAction
{
    /// <summary>The person is kept, marked as no longer following, and is recognised on return.</summary>
    MarkNotFollowing = 0,

    /// <summary>
    /// The person is erased: every identity of any app that carries the UnionID, and the openid of every receipt. Follow and sign-in bring the person
    /// back.
    /// </summary>
    Erase,
}
