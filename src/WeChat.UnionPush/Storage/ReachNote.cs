namespace WeChat.UnionPush.Storage;

/// <summary>A note of an <see cref="IReachJournal"/>.</summary>
/// <param name="Value">What it says, in the library's own writing.</param>
/// <param name="Revision">Which write it is from; a store counts the writes of each note.</param>
/// <param name="ExpiresAt">When it ends.</param>
public sealed record ReachNote(string Value, long Revision, DateTimeOffset ExpiresAt);
