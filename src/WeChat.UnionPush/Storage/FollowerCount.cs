namespace WeChat.UnionPush.Storage;

/// <summary>How many people the repository knows as followers of an Official Account.</summary>
/// <param name="Followers">Identities of the app that follow or refuse.</param>
/// <param name="Unseen">Those of them who were last observed before the time that was asked for: a walk that began then has not seen them.</param>
/// <param name="Unlinked">Those of the followers whose UnionID is not known.</param>
public readonly record struct FollowerCount(long Followers, long Unseen, long Unlinked);
