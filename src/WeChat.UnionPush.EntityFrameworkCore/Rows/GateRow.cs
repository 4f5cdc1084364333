namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>
/// A row to lock. Every relational database locks a row that it updates until the transaction ends, so an update of one of these is a lock that all of them
/// have.
/// </summary>
internal class GateRow
{
    /// <summary>Held by the one who takes events.</summary>
    public const int Inbox = 0;

    /// <summary>How many gates writers of identities share. Each holds those of its people, an erasure all.</summary>
    public const int IdentityGates = 8;

    /// <summary>Held by the one who empties recipients of broadcasts. The last gate.</summary>
    public const int Recipients = 1 + IdentityGates;

    public static IEnumerable<GateRow> All => Enumerable.Range(0, Recipients + 1).Select(static id => new GateRow { Id = id });

    public int Id { get; set; }

    public long Turn { get; set; }
}
