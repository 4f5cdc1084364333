namespace WeChat.UnionPush.Bare;

/// <summary>Where the hand-written counterpart of a sync stores its results.</summary>
internal interface IBareIdentities
{
    void Save(List<BareFollower> followers);

    /// <summary>Called after the last <see cref="Save"/>.</summary>
    void End();

    /// <summary>How many followers there are with a UnionID by which they are found.</summary>
    int CountLinked();
}
