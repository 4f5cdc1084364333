namespace WeChat.UnionPush.Diagnostics;

/// <summary>What the checks so far have learned, for those that rest on it.</summary>
internal sealed class DoctorState(DoctorSubject subject, DoctorQuestions questions)
{
    public DoctorSubject Subject => subject;

    public DoctorQuestions Questions => questions;

    /// <summary>Whether the stores answer.</summary>
    public bool HasStores { get; set; }

    /// <summary>Whether something at the platform's address answers as the platform does.</summary>
    public bool IsReachable { get; set; }

    /// <summary>Whether the Official Account's credentials and kind are right, so that its APIs can be called.</summary>
    public bool CanCall { get; set; }

    /// <summary>Whether the account may use what only verified ones may.</summary>
    public bool IsVerified { get; set; }

    /// <summary>How far this machine's clock is ahead of the platform's, where that is known.</summary>
    public TimeSpan? ClockAhead { get; set; }

    /// <summary>The token that the first call was made with.</summary>
    public AccessToken? Token { get; set; }

    /// <summary>How many followers the platform counts.</summary>
    public long Followers { get; set; }

    /// <summary>Details of some followers, where they could be asked for.</summary>
    public IReadOnlyList<Follower>? Sample { get; set; }
}
