namespace WeChat.UnionPush.Storage;

/// <summary>What a batch of observations changed in the repository.</summary>
/// <param name="Added">Identities that were not stored before.</param>
/// <param name="UnionIdsChanged">Identities whose known UnionID was replaced by another one: the account was bound to a different Open Platform account.
/// A batch that replaces one person's UnionID twice may count it twice.</param>
public readonly record struct SavedIdentities(int Added, int UnionIdsChanged)
{
    /// <summary>
    /// A UnionID that was replaced: any one of several, or <see langword="null"/> when there was none. The person's other identities
    /// still carry it.
    /// </summary>
    public string? ReplacedUnionId { get; init; }
}
