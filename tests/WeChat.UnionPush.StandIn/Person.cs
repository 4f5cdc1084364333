namespace WeChat.UnionPush.StandIn;

/// <summary>Somebody who may follow the Official Account and use the Mini Program.</summary>
public sealed class Person
{
    internal Person(int number, string openId, string miniProgramOpenId, string unionId)
    {
        Number = number;
        OpenId = openId;
        MiniProgramOpenId = miniProgramOpenId;
        UnionId = unionId;
    }

    /// <summary>Place in the order of the platform's list.</summary>
    public int Number { get; }

    /// <summary>At the Official Account.</summary>
    public string OpenId { get; }

    public string MiniProgramOpenId { get; }

    public string UnionId { get; internal set; }

    public bool Follows { get; internal set; }

    /// <summary>Leaves as soon as a list has named them, so that a batch finds them gone.</summary>
    public bool LeavesWhenListed { get; internal set; }

    internal long FollowedAt { get; set; }

    internal string SessionKey { get; set; } = "";
}
