namespace WeChat.UnionPush.Bare;

/// <summary>Where the twin of a sync keeps what it learns.</summary>
internal interface IBareIdentities
{
    void Save(List<BareFollower> followers);

    /// <summary>Everything was given to <see cref="Save"/>.</summary>
    void End();

    /// <summary>How many followers there are with a UnionID by which they are found.</summary>
    int CountLinked();
}
